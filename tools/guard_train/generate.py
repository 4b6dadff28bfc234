#!/usr/bin/env python3
"""generate.py POOLS.json OUT SEED COUNT [EVERY_NTH REST]: marked sentences for train_tags.

Templates are filled from the pools of lists.py. With EVERY_NTH, every so many-th template is held out: REST 0 writes all others,
REST 1 only those; names and places are then drawn from the other tenth of the pools too, so that the held-out texts share neither
wording nor fillers with those learned from. Marks: see train_tags.c."""
import json
import os
import random
import re
import string
import sys

PERSON, LOCATION, ORG, ADDRESS, AGE, NRP, TITLE = range(7)
HERE = os.path.dirname(os.path.abspath(__file__))
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
HONORIFICS = ["Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Mrs", "Ms", "Dr", "Miss", "Prof.", "Professor", "Sir", "Madam", "Rev.", "Judge", "Captain",
              "Herr", "Frau", "Señor", "Señora", "Mme", "Sig.", "Lady", "Lord"]
HONORIFIC_ODDS = [12, 10, 10, 10, 3, 3, 3, 3, 4] + [1] * 15
PEOPLE = """American British English Scottish Irish Welsh Canadian Australian Mexican Brazilian Argentinian Chilean Colombian Peruvian Cuban
Venezuelan French German Spanish Italian Portuguese Dutch Belgian Swiss Austrian Danish Swedish Norwegian Finnish Icelandic Polish Czech
Slovak Hungarian Romanian Bulgarian Greek Turkish Croatian Serbian Bosnian Slovenian Albanian Macedonian Russian Ukrainian Belarusian Estonian
Latvian Lithuanian Georgian Armenian Azerbaijani Kazakh Uzbek Iranian Persian Iraqi Syrian Lebanese Jordanian Israeli Palestinian Egyptian
Libyan Tunisian Algerian Moroccan Sudanese Ethiopian Eritrean Somali Kenyan Ugandan Tanzanian Rwandan Nigerian Ghanaian Senegalese Malian
Ivorian Cameroonian Congolese Angolan Zambian Zimbabwean Namibian Saudi Kuwaiti Qatari Emirati Yemeni Omani Afghan Pakistani Indian
Bangladeshi Nepalese Bhutanese Burmese Thai Lao Laotian Cambodian Vietnamese Malaysian Indonesian Singaporean Filipino Chinese Taiwanese
Japanese Korean Mongolian Tibetan Fijian Samoan Tongan Maori Hawaiian Jamaican Haitian Dominican Bahamian Barbadian Trinidadian European
African Asian Arab Latino Latina Hispanic Kurdish Basque Catalan Breton Flemish Sikh Hindu Muslim Christian Catholic Protestant Jewish Buddhist
Mormon Orthodox Lutheran Anglican Shia Sunni Quaker Baptist Methodist Republican Democrat Conservative Labour Liberal Socialist Communist
Caucasian Bolivian Ecuadorian Uruguayan Paraguayan Guatemalan Honduran Salvadoran Nicaraguan Panamanian Maltese Cypriot Luxembourgish""".split()
FIRM_ENDS = """Inc Inc. LLC Ltd Ltd. Limited Corporation Corp Corp. Group Holdings Capital Partners Bank Labs Systems Solutions Networks Technologies
Software Industries Services Insurance Media Energy Foods Motors Airlines Pharma Health Analytics Ventures Consulting Logistics Foundation
Institute GmbH AG S.A. SpA Oy AB A/S PLC Co. & Company Associates Brothers & Sons International Financial Data Studios Markets Trust Society""".split("\n")
FIRM_ENDS = [w for w in " ".join(FIRM_ENDS).split(" ") if w != "&"]
PUBLIC = ["University of {L}", "{L} University", "{L} Hospital", "St {F} Hospital", "{L} City Council", "Bank of {L}", "{S} Foundation", "{S} College",
          "{L} High School", "Ministry of {W}", "Department of {W}", "Institute of {W}", "{L} Airlines", "Museum of {W}", "{L} United", "{L} Times",
          "International {W} Agency", "National {W} Council", "Royal {W} Society", "{S}, {S} and {S}", "{S} & {S}", "{S} and Sons", "{S}-{S}",
          "{S} Inc", "{S} LLC", "{S} Ltd", "{S} Group", "{S} PLC", "{L} Post", "World {W} Organization", "Association of {W} Engineers"]
KNOWN = """Microsoft Google Apple Amazon Facebook Meta Twitter Netflix Tesla IBM Intel Oracle Cisco Samsung Sony Toyota Honda Nissan Siemens Bosch
BMW Volkswagen Daimler Bayer BASF SAP Nestle Novartis Roche UBS Shell BP Unilever Vodafone Barclays HSBC Lloyds Tesco Walmart Target Costco
Starbucks McDonald's Pepsi Coca-Cola Boeing Airbus Lufthansa Ryanair Emirates FedEx UPS DHL Visa Mastercard PayPal Citibank JPMorgan Goldman Sachs
NASA FBI CIA UNICEF UNESCO NATO OECD WHO WTO IMF Reuters BBC CNN Bloomberg Harvard MIT Stanford Yale Huawei Tencent Alibaba Baidu Lenovo Xiaomi
Deloitte KPMG Accenture Pfizer Moderna Uber Airbnb Spotify Adobe Nvidia AMD Qualcomm Ericsson Nokia Ikea Volvo Carlsberg Maersk Gazprom""".split()
PRODUCTS = """Windows Excel PowerPoint Android Chrome Firefox Linux Photoshop Kindle PlayStation Xbox Galaxy Bluetooth WiFi USB Python Java JavaScript
PostgreSQL Docker Kubernetes GitHub Markdown HTML PDF JSON Slack Zoom Outlook Gmail Office Wordpress Debian Ubuntu Corolla Civic Golf Passat Jeep
Aspirin Ibuprofen Prozac Lego Monopoly Scrabble Bible Internet Web Wednesday Christmas Easter COVID HIV DNA CEO CFO HR VAT GDP API URL""".split()
ADJ = "new old small large red green late early broken wrong other first second last main final extra local free open good bad long short empty".split()
VERBS = "open close find change send read write check move sign cancel update return accept discuss repair bring watch build follow".split()
VERBED = "changed closed lost found sent moved signed cancelled updated returned accepted discussed repaired arrested freed sold ended rejected agreed left failed".split()
NOUNS = """order card account letter report car house contract price meeting phone ticket office school garden window table network file page
system road team game plan answer question song book film idea story law tax rule visa fee limit branch statement balance password cough
fever headache rash server error printer router invoice""".split()
CLAUSES = """it was {adj}|the {noun} was {verbed}|nobody {verbed} the {noun}|we will {verb} the {noun}|I cannot {verb} it|they {verbed} in {month}|it rained all day|that
is all for now|there is no {noun} left|you should {verb} the {noun} first|I have not seen it|the {adj} {noun} is here|we are still waiting|I will {verb} it on
{weekday}|this is what we agreed|everybody knows that|the {noun} has been {verbed} since {year}|it costs {amt}|please {verb} the {noun}|your {noun} is ready|my
{noun} does not work|the {noun} of the {noun} is {adj}|what else can we do|more {word} and less {word}|he {verbed} the {word}|she likes {word} {noun}s|the
{word} {word} was {verbed} by the {word}|{word} is {word}|a {word} for the {word}|they {verbed} without {word}|{word}ing is not {word}|the {word} must {verb} before the {word}"""
CLAUSES = CLAUSES.replace("\n", " ").split("|")
ZH_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
ZH_DOUBLE = "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 司徒".split()
ZH_GIVEN = ("伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂丹萍华红玉辉玲建国文志春梅海燕鹏飞宇浩然欣怡子轩梓涵雨晨思佳琪俊峰晓东雪婷婷慧颖莹龙云波斌鑫毅凯旭宁亮成龙健"
            "永福德生学义兴良才发武新利清彬富顺信子昂奕博诗涵语嫣佩玲淑芬国栋家豪美玲锦程瑞雪若曦一诺沐辰泽楷")
ZH_PLACES = """北京 上海 天津 重庆 广州 深圳 杭州 南京 武汉 成都 西安 苏州 长沙 郑州 青岛 大连 厦门 福州 济南 合肥 昆明 哈尔滨 沈阳 长春 石家庄 太原 南昌 南宁 贵阳 兰州 海口 银川 西宁
拉萨 乌鲁木齐 呼和浩特 香港 澳门 台北 高雄 台中 新竹 台南 北京市 上海市 广东省 浙江省 江苏省 山东省 四川省 湖北省 河南省 福建省 云南 新疆 西藏 内蒙古 广西 海南 朝阳区 海淀区 浦东新区 天河区 南山区 美国 英国 法国 德国
日本 韩国 俄罗斯 印度 澳大利亚 加拿大 意大利 西班牙 巴西 新加坡 泰国 越南 马来西亚 印度尼西亚 埃及 南非 墨西哥 瑞士 瑞典 荷兰 纽约 伦敦 巴黎 东京 首尔 柏林 莫斯科 悉尼 旧金山 洛杉矶 曼谷""".split()
ZH_ROADS = "人民 解放 中山 建设 和平 长安 文化 新华 胜利 学院 科技 友谊 北京 南京 延安 淮海 环城 滨江 迎宾 幸福 光明 东风 朝阳 青年 体育 五一 振兴 花园 创业 软件".split()
ZH_FIRM = "华 恒 信 达 盛 鑫 源 宏 泰 瑞 科 天 海 联 创 智 博 优 佳 丰 安 永 金 中 国 东 方 新 星 云 腾 飞 讯 度 宝 美 格 力".split()
ZH_FIELD = "科技 网络 信息 实业 贸易 投资 建筑 物流 食品 医药 电子 能源 传媒 教育 环保 汽车 保险 证券 置业 软件".split()
ZH_FIRM_END = "有限公司 股份有限公司 集团 有限责任公司 公司 集团有限公司".split()
ZH_BODIES = ["{L}大学", "{L}第一人民医院", "{L}市第二中学", "中国{F}银行", "{L}银行", "{L}公安局", "{L}中级人民法院", "国家{F}局", "{L}日报社", "{L}师范大学", "{L}理工大学", "{L}商会"]
ZH_KNOWN = "腾讯 阿里巴巴 华为 百度 京东 小米 美团 字节跳动 中国移动 中国银行 工商银行 建设银行 招商银行 平安保险 清华大学 北京大学 复旦大学 新华社 人民日报 联想 网易 比亚迪 国家电网 中石油 协和医院 微软 谷歌 苹果公司".split()
ZH_PEOPLE = "汉族 回族 藏族 维吾尔族 蒙古族 满族 壮族 苗族 彝族 美国 英国 法国 德国 日本 韩国 俄罗斯 印度 意大利 泰国 巴西".split()
ZH_JOBS = "工程师 教师 医生 护士 律师 会计 司机 厨师 程序员 设计师 记者 销售经理 项目经理 产品经理 公务员 保安 快递员 建筑师 翻译 教授 主任医师 财务总监 软件工程师 客服专员".split()


def mark(kind, text):
    return f"\x01{kind}{text}\x02"


def plain(text):
    return re.sub("\x01.|\x02", "", text)


class Maker:
    def __init__(self, pools, seed, held):
        self.r = random.Random(seed)
        self.p = pools
        self.held = held
        self.codes = sorted(pools["latin"])
        self.streeted = [c for c in self.codes if pools["latin"][c].get("street_address")]
        weights = {"en_US": 8, "en_GB": 3, "en_AU": 2, "en_CA": 2, "en_IN": 3}
        self.weights = [weights.get(c, 1) for c in self.codes]

    # nine tenths of every pool are learned from, the rest is for held-out texts
    def pick(self, pool):
        while True:
            i = self.r.randrange(len(pool))
            if (i % 10 == 7) == self.held or len(pool) < 40:
                return pool[i]

    def code(self):
        return self.r.choices(self.codes, self.weights)[0]

    def given(self, c=None):
        if c is None and self.r.random() < 0.25:
            return self.pick(self.p["us_given"])
        return self.pick(self.p["latin"][c or self.code()]["given"])

    def family(self, c=None):
        if self.r.random() < 0.25:
            return self.pick(self.p["us_family"])
        c = c or self.code()
        f = self.pick(self.p["latin"][c]["family"])
        if self.r.random() < 0.03:
            f += "-" + self.family(c)
        elif self.r.random() < 0.015:
            f = self.r.choice(["O'", "Mc", "van ", "de ", "von ", "Al-", "de la ", "Mac", "da ", "el-", "D'", "van der "]) + f
        elif self.r.random() < 0.03:
            f = self.syllables()
        return f

    def syllables(self):
        r = self.r
        s = "".join(r.choice("b d f g h k l m n p r s t v z ch sh br kr st tr".split()) + r.choice("a e i o u ai ou y".split()) for _ in range(r.randint(2, 3)))
        return (s + r.choice(["", "n", "r", "s", "k", "ski", "son", "ez", "ić", "ova", "ev", "ini", "sen"])).capitalize()

    def person(self):
        c = self.code()
        g, f = self.given(c), self.family(c)
        x = self.r.random()
        if x < 0.13:
            g += " " + self.r.choice(string.ascii_uppercase) + self.r.choice(["", "."])
        elif x < 0.17:
            g += " " + self.given(c)
        elif x < 0.19:
            g = self.r.choice(string.ascii_uppercase) + ". " + (self.r.choice(string.ascii_uppercase) + ". " if x < 0.175 else "")
            g = g.strip()
        elif x < 0.21:
            return f"{f}, {g}"
        return f"{g} {f}"

    def P(self):
        return mark(PERSON, self.person())

    def PX(self):
        x = self.r.random()
        if x < 0.4:
            return self.F()
        return self.P() if x < 0.75 else self.S() if x < 0.9 else self.TP()

    def F(self):
        return mark(PERSON, self.given())

    def S(self):
        return mark(PERSON, self.family())

    S1 = S

    def TP(self):
        name = self.family() if self.r.random() < 0.6 else self.person()
        return mark(TITLE, self.r.choices(HONORIFICS, HONORIFIC_ODDS)[0]) + " " + mark(PERSON, name)

    def place(self):
        x = self.r.random()
        if x < 0.55:
            v = self.pick(self.p["cities"])
        elif x < 0.7:
            pool = self.p["latin"][self.r.choice(self.streeted)].get("city") or self.p["cities"]
            v = self.pick(pool)
        elif x < 0.9:
            v = self.pick(self.p["countries"])
        else:
            v = self.pick(self.p["states"])
        if self.r.random() < 0.04:
            v = self.r.choice(["North ", "South ", "West ", "East ", "New ", "Port ", "Lake ", "Upper ", "San ", "Southern ", "Mount "]) + v.split(" ")[-1]
        return v.upper() if self.r.random() < 0.12 else v

    def L(self):
        return mark(LOCATION, self.place())

    def C(self):
        return mark(LOCATION, self.pick(self.p["countries"]))

    def CITY(self):
        return self.L()

    CITYLINE = CITY

    def CTRY(self):
        return self.C() if self.r.random() < 0.85 else mark(LOCATION, self.r.choice(PEOPLE))

    def cap(self, n=1):
        return " ".join(self.r.choice(self.p["words"]).capitalize() for _ in range(n))

    def org(self):
        r = self.r
        x = r.random()
        if x < 0.14:
            return r.choice(KNOWN)
        if x < 0.28:
            t = r.choice(PUBLIC)
            return re.sub(r"\{(\w)\}", lambda m: {"L": self.place, "F": self.given, "S": self.family, "W": self.cap}[m.group(1)](), t)
        if x < 0.33:
            return self.pick(self.p["latin"][r.choice(self.streeted)].get("company") or ["Acme Inc"])
        if x < 0.36:
            return "".join(r.choice(string.ascii_uppercase) for _ in range(r.randint(3, 5)))
        y = r.random()
        a, b = r.choice(self.p["words"]), r.choice(self.p["words"])
        if y < 0.3:
            core = (a[:7] + b[:7]).capitalize()
        elif y < 0.4:
            core = a.capitalize() + b.capitalize()
        elif y < 0.7:
            core = self.cap(r.choice([1, 1, 2]))
        elif y < 0.85:
            core = self.syllables()
        else:
            core = self.family()
        if r.random() < 0.03:
            core = self.num2() + " " + core
        if y < 0.3 and r.random() < 0.6 or r.random() < 0.12:
            return core
        return core + " " + r.choice(FIRM_ENDS)

    def O(self):
        v = self.org()
        return mark(ORG, v.upper() if self.r.random() < 0.03 else v)

    def street(self):
        c = self.r.choice(["en_US", "en_GB", "en_AU", "en_IE"]) if self.r.random() < 0.3 else self.r.choice(self.streeted)
        return self.pick(self.p["latin"][c]["street_address"]).replace("\n", ", ")

    def STREET(self):
        x = self.r.random()
        if x < 0.12:
            v = "the corner of " + self.street() + " and " + self.name_of_street()
        elif x < 0.17:
            v = self.r.choice([self.given(), self.name_of_street()]) + " and " + self.street()
        elif x < 0.22:
            v = self.r.choice([self.name_of_street(), self.person(), self.place()]) + " " + str(self.r.randint(1, 3000))
        else:
            v = self.street()
            if x < 0.35 and not v[0].isdigit():
                v = str(self.r.randint(1, 900)) + " " + v
        return mark(ADDRESS, v)

    def name_of_street(self):
        return self.pick(self.p["latin"][self.r.choice(self.streeted)]["street"])

    def STREETN(self):
        return mark(ADDRESS, self.name_of_street())

    STREETLINE = STREET

    def BNUM(self):
        return mark(ADDRESS, str(self.r.randint(1, 99999)))

    def APT(self):
        return mark(ADDRESS, self.r.choice(["Apt. ", "Suite ", "Apt ", "Unit ", "Flat ", "Floor "]) + self.digits(self.r.randint(1, 3)))

    def zip(self):
        x = self.r.random()
        if x < 0.6:
            return self.digits(5)
        if x < 0.7:
            return self.digits(4)
        return self.pick(self.p["latin"][self.r.choice(self.streeted)].get("postcode") or ["1010"])

    def ZIP(self):
        return mark(ADDRESS, self.zip())

    ZIPX = ZIP

    def A(self):
        r = self.r
        x = r.random()
        if x < 0.12:
            v = r.choice([f"PSC {self.digits(4)}, Box {self.digits(4)}", f"Unit {self.digits(4)} Box {self.digits(4)}", f"USS {self.family()}",
                          f"P.O. Box {self.digits(4)}", f"USNS {self.family()}", f"Postfach {self.digits(4)}", f"CMR {self.digits(3)} Box {self.digits(4)}"])
            v += r.choice(["\n", "\n", ", "]) + r.choice(["APO AP ", "FPO AA ", "DPO AE ", "APO AE ", "FPO AP ", "DPO AA ", self.place() + " "]) + self.digits(5)
            return mark(ADDRESS, v)
        v = self.street()
        if r.random() < 0.35:
            v = self.digits(r.randint(1, 5)) + " " + v
        elif r.random() < 0.08:
            v = r.choice(["the corner of ", ""]) + self.given() + " and " + v
        elif r.random() < 0.05:
            v = self.cap(r.choice([1, 2])) + " " + str(r.randint(1, 900)) + " " + self.name_of_street()
        if r.random() < 0.3:
            v += r.choice([" Apt. ", " Suite ", "\n Suite ", "\n Apt. ", ", Apt ", ", Flat ", " Unit "]) + self.digits(r.randint(1, 3))
        if x < 0.25:
            return mark(ADDRESS, v)
        nl = r.choice(["\n", "\n ", ", ", ", ", " "])
        v += nl + self.place()
        y = r.random()
        if y < 0.25:
            v += r.choice(["\n, ", "\n, ", ", "]) + r.choice(self.p["state_codes"]) + r.choice(["\n ", " "]) + r.choice(["", self.pick(self.p["countries"]) + " "]) + self.zip()
        elif y < 0.5:
            v += r.choice([", ", " "]) + r.choice(self.p["state_codes"]) + " " + self.digits(5)
        elif y < 0.75:
            v += nl + self.pick(self.p["countries"]) + r.choice(["", "", " " + self.zip()])
        else:
            v += " " + self.zip()
        return mark(ADDRESS, v)

    def AGE(self):
        return mark(AGE, str(self.r.choice([self.r.randint(1, 99), self.r.randint(16, 89)])))

    def NRP(self):
        return mark(NRP, self.r.choice(PEOPLE))

    def J(self):
        j = self.pick(self.p["latin"][self.r.choice(["en_US", "en_GB"])]["job"])
        j = j.split(" (")[0].replace("/", " ")
        j = j.split(",")[::-1][0].strip() if "," in j and self.r.random() < 0.5 else j.replace(",", "")
        x = self.r.random()
        return mark(TITLE, j.lower() if x < 0.4 else j.title() if x < 0.7 else j[0].upper() + j[1:])

    def SEP(self):
        return self.r.choice([" ", ": ", " - ", "\n", ", "])

    def Q(self):
        return self.quote

    # ---- no findings
    def digits(self, n):
        return "".join(self.r.choice(string.digits) for _ in range(n))

    def num(self):
        return self.digits(self.r.randint(3, 12))

    def num2(self):
        return str(self.r.randint(1, 99))

    def num4(self):
        return self.digits(4)

    num6 = lambda self: self.digits(6)

    def amt(self):
        return self.r.choice(["$", "€", "£", "USD ", ""]) + self.digits(self.r.randint(1, 4)) + self.r.choice(["", ".00", ".50", " dollars", " euros"])

    def year(self):
        return str(self.r.randint(1900, 2026))

    def month(self):
        return self.r.choice(MONTHS)

    def weekday(self):
        return self.r.choice(DAYS)

    def date(self):
        r = self.r
        d, m, y = r.randint(1, 28), r.randint(1, 12), r.randint(1950, 2026)
        return r.choice([f"{d}/{m}/{y}", f"{y}-{m:02}-{d:02}", f"{d} {MONTHS[m - 1]} {y}", f"{MONTHS[m - 1]} {d}, {y}", f"{MONTHS[m - 1]} {d}", f"{d}.{m}.{y}",
                         f"{y}-{m:02}-{d:02} {r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"])

    def phone(self):
        r = self.r
        return "".join(self.digits(1) if c == "#" else c for c in r.choice(["###-###-####", "(###) ###-####", "+## ## #### ####", "0## ### ####", "## ## ## ## ##",
                                                                           "+1-###-###-####x###", "(0##) #### ####", "###.###.####", "#### ######", "1##########"]))

    def handle(self):
        return plain(self.given()).lower().replace(" ", "") + self.digits(2)

    def email(self):
        g, f = plain(self.given()).replace(" ", ""), plain(self.family()).replace(" ", "")
        return self.r.choice([g + f, g.lower() + "." + f.lower(), g.lower() + self.digits(2), self.word()]) + "@" + self.word() + self.r.choice([".com", ".org", ".net", ".de", ".co.uk"])

    def url(self):
        return self.r.choice(["https://www.", "http://", "www.", "https://"]) + (self.cap() + self.cap()).replace(" ", "") + self.r.choice([".com", ".org", ".net", ".de/", ".com/" + self.word()])

    def ip(self):
        return ".".join(str(self.r.randint(0, 255)) for _ in range(4))

    def card(self):
        return self.r.choice([self.digits(16), "-".join(self.digits(4) for _ in range(4)), self.digits(14), self.digits(19), " ".join(self.digits(4) for _ in range(4))])

    def iban(self):
        return self.r.choice([self.r.choice(["GB", "DE", "FR", "ES"]) + self.digits(2) + self.r.choice(["", "ABCD", "NWBK"]) + self.digits(14), f"{self.digits(3)}-{self.digits(2)}-{self.digits(4)}",
                              self.digits(9), "X" + self.digits(8)])

    def word(self):
        return self.r.choice(self.p["words"])

    def adj(self):
        return self.r.choice(ADJ) if self.r.random() < 0.5 else self.word()

    def noun(self):
        return self.r.choice(NOUNS) if self.r.random() < 0.6 else self.word()

    def verb(self):
        return self.r.choice(VERBS) if self.r.random() < 0.7 else self.word()

    def verbed(self):
        return self.r.choice(VERBED)

    def product(self):
        return self.r.choice(PRODUCTS) + self.r.choice(["", "", " " + self.num2()])

    def clause(self):
        return self.fill(self.r.choice(CLAUSES))

    def Clause(self):
        c = self.clause()
        return c[0].upper() + c[1:]

    def Heading(self):
        small = "of the a and in for to with on".split()
        return " ".join(self.r.choice(small) if self.r.random() < 0.25 and i else self.cap() for i in range(self.r.randint(1, 6)))

    def Titled(self):
        return self.cap(self.r.choice([1, 1, 2]))

    def CAPS(self):
        return self.clause().upper()

    def fill(self, t):
        def one_of(m):
            return self.r.choice(m.group(1).split("|"))
        while re.search(r"\[[^\[\]\n]*\|[^\[\]\n]*\]", t):
            t = re.sub(r"\[([^\[\]]*\|[^\[\]]*)\]", one_of, t)
        return re.sub(r"\{(\w+)\}", lambda m: getattr(self, m.group(1))() if hasattr(self, m.group(1)) else m.group(0), t)

    def sentence(self, t):
        self.quote = self.r.choice(["> ", ">", "? ", "??? ", "  ", "- ", "# ", "| ", "* "])
        s = self.fill(t.replace("\\n", "\n"))
        x = self.r.random()
        if x < 0.10:
            s = s.lower()
        elif x < 0.13:
            s = s.upper()
        return s


class Chinese(Maker):
    def person(self):
        r = self.r
        f = r.choice(ZH_DOUBLE) if r.random() < 0.03 else r.choice(ZH_FAMILY[:30] if r.random() < 0.5 else ZH_FAMILY)
        g = r.choice(ZH_GIVEN) + (r.choice(ZH_GIVEN) if r.random() < 0.75 else "")
        if r.random() < 0.3:
            return self.pick(self.p["native"]["zh_CN"]["family"]) + self.pick(self.p["native"]["zh_CN"]["given"])
        return f + g

    def S1(self):
        return mark(PERSON, self.person()) if self.r.random() < 0.6 else mark(PERSON, self.r.choice(ZH_FAMILY)) + self.r.choice("先生 女士 老师 医生 经理 教授 总".split())

    def place(self):
        return self.r.choice(ZH_PLACES) if self.r.random() < 0.6 else self.pick(self.p["zh_cities"])

    def org(self):
        r = self.r
        x = r.random()
        if x < 0.25:
            return r.choice(ZH_KNOWN)
        if x < 0.5:
            return r.choice(ZH_BODIES).replace("{L}", r.choice(ZH_PLACES).rstrip("市省区")).replace("{F}", r.choice(["农业", "交通", "统计", "发展", "税务", "能源"]))
        return (r.choice(ZH_PLACES).rstrip("区") if r.random() < 0.6 else "") + "".join(r.sample(ZH_FIRM, 2)) + r.choice(ZH_FIELD) + r.choice(ZH_FIRM_END)

    def A(self):
        r = self.r
        v = r.choice(["", "{c}市", "浙江省{c}市", "广东省{c}市", "{c}市{d}区", "{d}区"]).format(c=r.choice("北京 上海 杭州 深圳 成都 武汉 宁波 温州 东莞 佛山".split()), d=r.choice("朝阳 海淀 天河 南山 西湖 浦东新 武侯 江汉 福田 鼓楼".split()))
        v += r.choice(ZH_ROADS) + r.choice(["路", "街", "大道", "巷", "东路", "西路", "南街"]) + str(r.randint(1, 999)) + "号"
        if r.random() < 0.6:
            v += r.choice(["", r.choice(ZH_ROADS) + r.choice(["小区", "花园", "大厦", "苑"])]) + str(r.randint(1, 30)) + r.choice(["栋", "号楼", "幢"]) + str(r.randint(1, 5)) + "单元" + str(r.randint(101, 3204)) + r.choice(["室", ""])
        return mark(ADDRESS, v)

    def NRP(self):
        return mark(NRP, self.r.choice(ZH_PEOPLE))

    def J(self):
        return mark(TITLE, self.r.choice(ZH_JOBS))

    def word(self):
        w = self.p["zh_words"]
        return w[int(len(w) * self.r.random() ** 2)]

    def phone(self):
        return "1" + self.digits(10)

    def date(self):
        return f"{self.r.randint(1960, 2026)}年{self.r.randint(1, 12)}月{self.r.randint(1, 28)}日"

    def sentence(self, t):
        return self.fill(t.replace("\\n", "\n"))


def templates(name):
    return [l.rstrip("\n") for l in open(os.path.join(HERE, name), encoding="utf-8") if l.strip() and not re.match(r"# |#\n", l)]


def main():
    pools = json.load(open(sys.argv[1], encoding="utf-8"))
    seed, count = int(sys.argv[3]), int(sys.argv[4])
    nth, rest = (int(sys.argv[5]), int(sys.argv[6])) if len(sys.argv) > 6 else (0, 0)
    held = bool(nth) and rest == 1
    en, zh = Maker(pools, seed, held), Chinese(pools, seed + 1, held)
    keep = lambda ts: [t for i, t in enumerate(ts) if not nth or (i % nth == nth - 1) == held]
    ten, tzh = keep(templates("templates_en.txt")), keep(templates("templates_zh.txt"))
    with open(sys.argv[2], "w", encoding="utf-8", newline="") as o:
        for i in range(count):
            m, ts = (zh, tzh) if i % 5 == 4 else (en, ten)
            s = m.sentence(m.r.choice(ts))
            while m.r.random() < 0.35:
                s += ("" if m is zh else m.r.choice([" ", " ", "\n"])) + m.sentence(m.r.choice(ts))
            o.write(s.replace("\x1e", "") + "\x1e")


if __name__ == "__main__":
    main()
