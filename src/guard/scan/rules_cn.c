/* Rules of China. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* GB 11643: region, birth date, sequence, ISO 7064 MOD 11-2; the first generation had 15 digits */
    {"CN_RESIDENT_ID", "cn-id-18", "[1-9]\\d{5}[ \\-]?\\d{8}[ \\-]?\\d{3}[0-9Xx]", 0.5f, 0, sx_check_cn_resident_id, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"CN_RESIDENT_ID", "cn-id-15", "[1-9]\\d{14}", 0.35f, 0.85f, sx_check_cn_resident_id, 0, SX_RULE_NUMBER, NULL, NULL,
     0},
    /* MIIT numbering plan: 11 digits from 13 to 19 */
    {"CN_MOBILE", "cn-mobile",
     "((\\+|00)?86[ \\-]?)?1(3\\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\\d|9[0-35-9])[ \\-]?\\d{4}[ \\-]?\\d{4}", 0.8f,
     0.95f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* GB 32100: department, kind, region, body, check of base 31 */
    {"CN_USCC", "cn-uscc", "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{2}\\d{6}[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{10}", 0.5f, 0,
     sx_check_cn_uscc, 0, 0, NULL, NULL, 0},
    /* ISO/IEC 7812 under UnionPay's 62; other cards where Chinese words speak of a card */
    {"CN_BANK_CARD", "cn-unionpay", "62\\d\\d([ \\-]?\\d){12,15}", 0.5f, 0, sx_check_cn_bank_card, 1, SX_RULE_NUMBER,
     NULL, NULL, 0},
    {"CN_BANK_CARD", "cn-card", "\\d([ \\-]?\\d){11,18}", 0.3f, 1.0f, sx_check_cn_bank_card, 0,
     SX_RULE_NUMBER | SX_RULE_REQUIRED, NULL, NULL, 0},
    /* passports: E and a letter or digit; exit-entry permits */
    {"CN_PASSPORT", "cn-passport", "(?i)E[A-HJ-NP-Z0-9]\\d{7}|[DGPS]\\d{8}|[DGPS]E\\d{7}", 0.4f, 0.9f, NULL, 0,
     SX_RULE_NUMBER, "#-", NULL, 0},
    {"CN_HK_MACAU_PERMIT", "cn-permit", "(?i)[CWHM]\\d{8}(\\d{2})?", 0.2f, 0.9f, NULL, 0, SX_RULE_NUMBER, "#-", NULL,
     0},
    /* GA 36: province, letter, five or six letters and digits, one digit at least */
    {"CN_VEHICLE_PLATE", "cn-plate",
     "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-Z][ ·•\\-]?([A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳领])",
     0.85f, 0.95f, sx_check_cn_plate, 0, SX_RULE_LEFT_ANY, NULL, NULL, 0},
    {"CN_LANDLINE", "cn-landline", "0((10|2\\d)[ \\-]?[2-8]\\d{7}|[3-9]\\d{2}[ \\-]?[2-8]\\d{6,7})(-\\d{1,5})?", 0.62f,
     0.9f, NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    /* names of accounts, which only a word before them gives away */
    /* 6 to 20 characters; all letters are a word, so the pattern asks for something else among them */
    {"CN_WECHAT_ID", "cn-wechat", "[A-Za-z]{1,19}[0-9_\\-][A-Za-z0-9_\\-]{0,18}", 0.1f, 0.7f, sx_check_cn_wechat, 0,
     SX_RULE_REQUIRED, NULL, NULL, 20},
    {"CN_QQ", "cn-qq", "[1-9]\\d{4,10}", 0.1f, 0.7f, NULL, 0, SX_RULE_NUMBER | SX_RULE_REQUIRED, NULL, NULL, 0},
    /* province, city, district, road, number, and what a building adds */
    {"CN_ADDRESS", "cn-address",
     "((北京|天津|上海|重庆)市|(河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|"
     "云南|陕西|甘肃|青海|台湾)省|(内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区)\\H+(路|街|道|巷|弄|里|村)"
     "(\\d{1,5}|[一二三四五六七八九十百]{1,4})号(\\H{2,4}(大厦|花园|小区|公寓|广场|中心|家园|新村))?"
     "(\\d{1,4}(号楼|栋|幢|座|楼|层|单元|室|号|房|户)?)*",
     0.85f, 0.95f, sx_check_cn_address, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 200},
    /* a family name and one or two characters, where a word says that a name comes */
    {"PERSON", "zh-name",
     "(欧阳|司马|上官|诸葛|东方|夏侯|皇甫|尉迟|公孙|慕容|令狐|司徒|[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤方俞任袁柳鲍史唐费廉岑薛雷贺倪汤"
     "滕殷罗毕郝邬安常乐于时傅皮齐康伍余元顾孟黄穆萧尹姚邵汪祁毛狄米贝明臧计成戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季贾路江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍万柯卢莫房缪解应宗丁宣邓洪包左石崔吉龚程邢裴陆荣翁荀甄曲芮储靳"
     "段富巫乌焦巴牧侯全班秋仲伊宫宁仇祖武符刘景詹束龙叶司黎白鄂赖卓蔺屠蒙池乔谭申冉雍桑桂牛边燕冀温庄晏柴瞿阎慕连习艾鱼容向古易廖耿满弘匡国文寇广沃利越隆师巩聂关游权盖益桓肖尚])\\H{1,2}",
     0.2f, 0.7f, sx_check_zh_name, 0, SX_RULE_REQUIRED | SX_RULE_RIGHT_ANY | SX_RULE_LEFT_ANY, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_cn, RULES)
