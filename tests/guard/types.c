/* Every finding type: a value that is one, a value that only looks like one, and what may stand beside it. */
#include "help.h"

typedef struct sample {
    const char *type;
    const char *valid;
    const char *invalid; /* same shape, wrong check digit or range; NULL: the type has no such */
} sample;

static const sample SAMPLES[] = {
    {"EMAIL_ADDRESS", "jane.doe+news@mail.example.com", "jane.doe@example"},
    {"PHONE_NUMBER", "+44 20 7946 0958", "+999 20 7946 0958"},
    {"CREDIT_CARD", "4111 1111 1111 1111", "4111 1111 1111 1112"},
    {"CREDIT_CARD", "378282246310005", "378282246310006"},
    {"IBAN_CODE", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"},
    {"IBAN_CODE", "NO9386011117947", "NO93860111179470"},
    {"IP_ADDRESS", "203.0.113.7", "203.0.113.256"},
    {"IP_ADDRESS", "2001:db8::ff00:42:8329", "2001:db8::ff00::8329"},
    {"URL", "https://www.example.org/a?b=c#d", "https://-example-/"},
    {"US_SSN", "219-09-9998", "666-09-9998"},
    {"CN_RESIDENT_ID", "11010519491231002X", "110105194912310021"},
    {"CN_RESIDENT_ID", "440524188001010014", "440524188013010014"},
    {"CN_MOBILE", "13912345678", "12912345678"},
    {"CN_MOBILE", "+86 139-1234-5678", "+86 119-1234-5678"},
    {"CN_USCC", "91350100M000100Y43", "91350100M000100Y44"},
    {"CN_BANK_CARD", "6222021001116245702", "6222021001116245703"},
    {"CN_PASSPORT", "E12345678", NULL},
    {"CN_VEHICLE_PLATE", "京A12345", "京AABCDE"},
    {"CN_VEHICLE_PLATE", "粤B12345D", NULL},
    {"CN_LANDLINE", "010-62345678", "010-12345678"},
    {"HK_ID", "A123456(3)", "A123456(4)"},
    {"TW_ID", "A123456789", "A123456788"},
    {"CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"},
    {"CRYPTO", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"},
    {"MAC_ADDRESS", "00:1b:44:11:3a:b7", "00:1b:44-11:3a:b7"},
    {"DATE_TIME", "2024-02-29T12:30:00Z", NULL},
    {"US_ITIN", "912-70-1234", "912-69-1234"},
    {"US_MBI", "1EG4-TE5-MK73", "1EG4-TE5-MKB3"},
    {"US_NPI", "1234567893", "1234567894"},
    {"ABA_ROUTING_NUMBER", "021000021", "021000022"},
    {"MEDICAL_LICENSE", "AB1234563", "AB1234564"},
    {"CA_SIN", "130 692 544", "130 692 545"},
    {"UK_NHS", "943 476 5919", "943 476 5918"},
    {"UK_NINO", "AB 12 34 56 C", "GB 12 34 56 C"},
    {"UK_POSTCODE", "SW1A 1AA", "QW1A 1AA"},
    {"UK_VEHICLE_REGISTRATION", "AB51 ABC", "AB41 ABC"},
    {"DE_HEALTH_INSURANCE", "A123456780", "A123456781"},
    {"DE_SOCIAL_SECURITY", "15070649C103", "15070649C104"},
    {"DE_TAX_ID", "12345678903", "12345678904"},
    {"DE_LANR", "123456601", "123456701"},
    {"ES_NIF", "12345678Z", "12345678A"},
    {"ES_NIE", "X1234567L", "X1234567M"},
    {"FI_PERSONAL_IDENTITY_CODE", "131052-308T", "131052-308U"},
    {"IT_VAT_CODE", "12345670017", "12345670018"},
    {"PL_PESEL", "44051401458", "44051401459"},
    {"SE_PERSONNUMMER", "811218-9876", "811218-9875"},
    {"SE_ORGANISATIONSNUMMER", "556703-7485", "556703-7486"},
    {"TR_NATIONAL_ID", "10000000146", "10000000147"},
    {"AU_ABN", "51 824 753 556", "51 824 753 557"},
    {"AU_ACN", "005 499 981", "005 499 982"},
    {"AU_MEDICARE", "2123456701", "2123456711"},
    {"AU_TFN", "876 543 210", "876 543 211"},
    {"IN_AADHAAR", "3998-7654-3211", "3998-7654-3212"},
    {"IN_GSTIN", "27ABCDE1234F1Z5", "27ABCDE1234F1Y5"},
    {"KR_BRN", "104-82-13138", "104-82-13139"},
    {"KR_RRN", "960121-1234567", "961321-1234567"},
    {"NG_NIN", "12345678902", "12345678903"},
    {"SG_UEN", "53125226D", "53125226E"},
    {"TH_TNIN", "2345678901234", "2345678901235"},
    {"ZA_ID_NUMBER", "8001015009087", "8001015009088"},
    {"FR_NIR", "2 95 10 99 126 111 93", "2 95 10 99 126 111 94"},
    {"FR_NIR", "1 68 03 2A 004 012 95", "1 68 03 2B 004 012 95"},
    {"NL_BSN", "111222333", "111222334"},
    {"BE_NATIONAL_NUMBER", "85.07.30-033.28", "85.07.30-033.29"},
    {"PT_NIF", "501964843", "501964842"},
    {"AT_SVNR", "1237 010180", "1238 010180"},
    {"CH_AHV", "756.9217.0769.85", "756.9217.0769.84"},
    {"NO_FNR", "15108695088", "15108695077"},
    {"DK_CPR", "211062-5629", "311462-5629"},
    {"IE_PPSN", "6433435F", "6433435E"},
    {"CZ_BIRTH_NUMBER", "710319/2745", "710319/2746"},
    {"RO_CNP", "1630615123457", "1630615123458"},
    {"BG_EGN", "7523169263", "7523169264"},
    {"HR_OIB", "33392005961", "33392005962"},
    {"HU_TAX_ID", "8071592153", "8071592154"},
    {"SI_EMSO", "0101006500006", "0101006500007"},
    {"EE_ISIKUKOOD", "36805280109", "36805280108"},
    {"LT_ASMENS_KODAS", "33309240064", "33309240164"},
    {"SK_BIRTH_NUMBER", "710319/2745", "710319/2746"},
    {"LV_PERSONAS_KODS", "161175-19997", "161175-19996"},
    {"LV_PERSONAS_KODS", "328673-00679", "311375-00679"},
    {"LU_MATRICULE", "1985061412356", "1985061412355"},
    {"LU_MATRICULE", "1893120105732", "1893120105731"},
    {"IS_KENNITALA", "450401-3150", "450401-3151"},
    {"PASSPORT_MRZ", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
     "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<11"},
    {"PASSPORT_MRZ", "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\r\nD231458907UTO7408122F1204159<<<<<<<6",
     "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\r\nD231458907UTO7408123F1204159<<<<<<<6"},
    {"PASSPORT_MRZ", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "L898902C35UTO7408122F1204159ZE184226B<<<<<10"},
    {"GR_AFM", "094259216", "094259217"},
    {"GR_AMKA", "01013099997", "01013099998"},
    {"PL_NIP", "856-734-62-15", "856-734-62-16"},
    {"BR_CPF", "390.533.447-05", "390.533.447-06"},
    {"BR_CNPJ", "16.727.230/0001-97", "16.727.230/0001-98"},
    {"MX_CURP", "BOXW310820HNERXN09", "BOXW310820HNERXN08"},
    {"MX_RFC", "GODE561231GR8", "GODE561331GR8"},
    {"AR_CUIT", "20-05536168-2", "20-05536168-3"},
    {"CL_RUT", "12.531.909-2", "12.531.909-3"},
    {"JP_MY_NUMBER", "6214 9832 0257", "6214 9832 0258"},
    {"ID_NIK", "3171011708450001", "3171013208450001"},
    {"MY_NRIC", "770305-02-1234", "770305-17-1234"},
    {"VN_CCCD", "001201003456", "099201003456"},
    {"NZ_IRD", "49-091-850", "49-091-851"},
    {"IMEI", "490154203237518", "490154203237517"},
    {"VIN", "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"},
    {"LEI", "213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D16"},
    {"COORDINATES", "48.85837, 2.29448", "98.85837, 2.29448"},
    {"COORDINATES", "40°26′46″N 79°58′56″W", NULL},
};

static sx_mem mem;
static sx_guard *guard;

/* One type asked, no threshold: is exactly the value found in the text around it? */
static bool found_in(const sample *s, const char *value, const char *before, const char *after)
{
    char text[512], types[80] = {0}, want[120];
    snprintf(text, sizeof text, "%s%s%s", before, value, after);
    snprintf(types, sizeof types - 1, "%s", s->type);
    snprintf(want, sizeof want, "%s[%zu,%zu) ", s->type, strlen(before), strlen(before) + strlen(value));
    outcome o = check_text(&mem, guard, text, strlen(text), types, -1.0f, NULL);
    bool found = o.status == LLM_OK && strstr(sx_buf_cstr(&o.findings), want) != NULL;
    free_outcome(&o);
    return found;
}

static void values_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        const sample *s = &SAMPLES[i];
        if (!found_in(s, s->valid, "", "")) fail_msg("%s: %s alone", s->type, s->valid);
        if (!found_in(s, s->valid, "it is ", ", he said")) fail_msg("%s: %s in a sentence", s->type, s->valid);
        if (!found_in(s, s->valid, "(", ")")) fail_msg("%s: %s in parentheses", s->type, s->valid);
    }
}

static void values_are_found_between_ideographs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        const sample *s = &SAMPLES[i];
        if (!found_in(s, s->valid, "号码是", "请核对")) fail_msg("%s: %s between ideographs", s->type, s->valid);
        if (!found_in(s, s->valid, "ナンバー", "です")) fail_msg("%s: %s between kana", s->type, s->valid);
    }
}

static void wrong_values_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        const sample *s = &SAMPLES[i];
        if (s->invalid != NULL && found_in(s, s->invalid, "", "")) fail_msg("%s: %s", s->type, s->invalid);
    }
}

/* A value that goes on is another value. */
static void parts_of_longer_runs_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        const sample *s = &SAMPLES[i];
        bool open_left = strcmp(s->type, "CN_VEHICLE_PLATE") == 0 ||
                         strcmp(s->type, "FI_PERSONAL_IDENTITY_CODE") == 0 || strcmp(s->type, "EMAIL_ADDRESS") == 0 ||
                         s->valid[0] == '+';
        if (strcmp(s->type, "URL") != 0 && found_in(s, s->valid, "", "7")) fail_msg("%s: %s7", s->type, s->valid);
        if (!open_left && found_in(s, s->valid, "7", "")) fail_msg("%s: 7%s", s->type, s->valid);
    }
}

static void full_width_digits_count(void **state)
{
    (void)state;
    const sample s = {"CN_MOBILE", "１３９１２３４５６７８", NULL};
    assert_true(found_in(&s, s.valid, "电话", "。"));
}

static void findings_of(const char *text, const char *want)
{
    outcome o = check_text(&mem, guard, text, strlen(text), NULL, 0, NULL);
    assert_int_equal(o.status, LLM_OK);
    assert_string_equal(sx_buf_cstr(&o.text), want);
    free_outcome(&o);
}

static void the_default_policy_redacts_what_it_is_sure_of(void **state)
{
    (void)state;
    findings_of("Card 4111 1111 1111 1111, mail a.b@c.org", "Card <CREDIT_CARD>, mail <EMAIL_ADDRESS>");
    findings_of("see https://example.com/x?y=1 in 1977", "see https://example.com/x?y=1 in 1977");
    findings_of("version 3.14159 of 12345 lines, 99.5%", "version 3.14159 of 12345 lines, 99.5%");
    findings_of("uuid 550e8400-e29b-41d4-a716-446655440000", "uuid 550e8400-e29b-41d4-a716-446655440000");
    findings_of("f(x) = a::b(1, 2) && c->d[3];", "f(x) = a::b(1, 2) && c->d[3];");
}

static void context_raises_a_score(void **state)
{
    (void)state;
    findings_of("the number 9498777106 is odd", "the number 9498777106 is odd");
    findings_of("Fax: 9498777106", "Fax: <PHONE_NUMBER>");
    findings_of("22 498317 office", "<PHONE_NUMBER> office");
    findings_of("CPF: 39053344705", "CPF: <BR_CPF>");
    findings_of("numer NIP 8567346215", "numer NIP <PL_NIP>");
    findings_of("BSN 111222333", "BSN <NL_BSN>");
    findings_of("pay to BIC DEUTDEFF500 today", "pay to BIC <SWIFT_BIC> today");
    findings_of("the code DEUTDEFF500 of the part", "the code DEUTDEFF500 of the part");
    findings_of("our GPS position is 48.85837, 2.29448 now", "our GPS position is <COORDINATES> now");
    findings_of("Cookie: sid=31d4d96e407aad42; lang=en", "Cookie: <COOKIE>");
    findings_of("22 498317 apples", "22 498317 apples");
    findings_of("我的QQ是4580264，加我。", "我的QQ是<CN_QQ>，加我。");
}

/* A date is one of birth beside a word that says so, in the languages of the table, and only then. */
static void dates_of_birth_need_a_word(void **state)
{
    (void)state;
    findings_of("DOB: 12/05/1980", "DOB: <DATE_OF_BIRTH>");
    findings_of("She was born on May 12th, 1980 in Leeds.", "She was born on <DATE_OF_BIRTH> in Leeds.");
    findings_of("Date of birth (dd/mm/yyyy): 29/02/1984", "Date of birth (dd/mm/yyyy): <DATE_OF_BIRTH>");
    findings_of("geb. 3.4.1975 in Köln", "geb. <DATE_OF_BIRTH> in Köln");
    findings_of("Geboren am 3. März 1975", "Geboren am <DATE_OF_BIRTH>");
    findings_of("née le 14 juillet 1989 à Lyon", "née le <DATE_OF_BIRTH> à Lyon");
    findings_of("fecha de nacimiento: 5 de enero de 1990", "fecha de nacimiento: <DATE_OF_BIRTH>");
    findings_of("nata il 5 marzo 1990", "nata il <DATE_OF_BIRTH>");
    findings_of("urodzona 1990-03-05", "urodzona <DATE_OF_BIRTH>");
    findings_of("Дата рождения 01.02.1990", "Дата рождения <DATE_OF_BIRTH>");
    findings_of("生于1985年3月4日，男", "生于<DATE_OF_BIRTH>，男");
    findings_of("1985年3月4日出生", "<DATE_OF_BIRTH>出生");
    findings_of("出生日期19850304", "出生日期<DATE_OF_BIRTH>");
    findings_of("生年月日：昭和60年3月4日", "生年月日：<DATE_OF_BIRTH>");
    findings_of("생년월일 1990년 5월 12일", "생년월일 <DATE_OF_BIRTH>");
    findings_of("The meeting is on 12 May 2024.", "The meeting is on 12 May 2024.");
    findings_of("Build 20240512 of 2024-05-12", "Build 20240512 of 2024-05-12");
    findings_of("born on 31.02.1990", "born on 31.02.1990");
}

static void every_type_has_a_name(void **state)
{
    (void)state;
    uint32_t n = 0;
    while (sx_guard_type(n) != NULL) n++;
    assert_true(n > 80);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < i; k++) assert_string_not_equal(sx_guard_type(i), sx_guard_type(k));
    }
}

static int setup(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    guard = make_guard(&mem, NULL);
    return sx_guard_freeze(guard, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sx_guard_free(guard);
    return atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found),        cmocka_unit_test(values_are_found_between_ideographs),
        cmocka_unit_test(wrong_values_are_not),    cmocka_unit_test(parts_of_longer_runs_are_not),
        cmocka_unit_test(full_width_digits_count), cmocka_unit_test(the_default_policy_redacts_what_it_is_sure_of),
        cmocka_unit_test(context_raises_a_score),  cmocka_unit_test(dates_of_birth_need_a_word),
        cmocka_unit_test(every_type_has_a_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
