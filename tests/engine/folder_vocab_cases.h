/* tokenizer.json files of five kinds, and the ids that Hugging Face's tokenizers library gives for texts. */
static const char bytes_head[] =
    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,\"content\":\"<s>\","
    "\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true},{\"id\""
    ":13,\"content\":\"<t>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\""
    "special\":false}],\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokeni"
    "zers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{"
    "N}]?\\\\p{L}+|\\\\p{N}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},\"behavi"
    "or\":\"Isolated\",\"invert\":false},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\""
    ":true,\"use_regex\":false}]},\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"Speci"
    "alToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence"
    "\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"special_tokens\":{\"<s>\":{\"i"
    "d\":\"<s>\",\"ids\":[0],\"tokens\":[\"<s>\"]}}},\"decoder\":null,\"model\":{\"type\":\"BPE\",\"dropout\":null"
    ",\"unk_token\":null,\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":fa"
    "lse,\"byte_fallback\":false,\"ignore_merges\":false,\"vocab\":{\"<s>\":0,\"a\":1,\"b\":2,\"c\":3,\"\304\240\":4,\""
    "\303\203\":5,\"\302\251\":6,\"1\":7,\"2\":8,\"ab\":9,\"\304\240ab\":10,\"\303\203\302\251\":11,\"12\":12,\"<t>\":13},\"merges\":[[\"a\",\"b\"],[\"\304\240\","
    "\"ab\"],[\"\303\203\",\"\302\251\"],[\"1\",\"2\"]]}}";
static const char metaspace_head[] =
    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,\"content\":\"<unk>"
    "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true},{\"i"
    "d\":1,\"content\":\"<s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,"
    "\"special\":true},{\"id\":2,\"content\":\"</s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false"
    ",\"normalized\":false,\"special\":true}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Metaspace\""
    ",\"replacement\":\"\342\226\201\",\"prepend_scheme\":\"first\",\"split\":false},\"post_processor\":{\"type\":\"Templ"
    "ateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\""
    "type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":"
    "0}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[1],\"tokens\":[\"<s>\"]}}},\"decoder\":null,\"mod"
    "el\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":\"<unk>\",\"continuing_subword_prefix\":null,\"end"
    "_of_word_suffix\":null,\"fuse_unk\":true,\"byte_fallback\":true,\"ignore_merges\":false,\"vocab\":{"
    "\"<unk>\":0,\"<s>\":1,\"</s>\":2,";
static const char metaspace_tail[] =
    "\"\342\226\201\":259,\"a\":260,\"b\":261,\"c\":262,\"\342\226\201a\":263,\"bc\":264,\"\342\226\201abc\":265,\"\342\226\201\342\226\201\":266},\"merges\":[\"\342\226\201 a\",\"b "
    "c\",\"\342\226\201a bc\",\"\342\226\201 \342\226\201\"]}}";
static const char legacy_head[] =
    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,\"content\":\"<unk>"
    "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true},{\"i"
    "d\":1,\"content\":\"<s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,"
    "\"special\":true},{\"id\":2,\"content\":\"</s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false"
    ",\"normalized\":false,\"special\":true}],\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type"
    "\":\"Prepend\",\"prepend\":\"\342\226\201\"},{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\342\226\201\"}]},\"pr"
    "e_tokenizer\":null,\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
    "{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\""
    "A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\","
    "\"ids\":[1],\"tokens\":[\"<s>\"]}}},\"decoder\":null,\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_tok"
    "en\":\"<unk>\",\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":true,\"by"
    "te_fallback\":true,\"ignore_merges\":false,\"vocab\":{\"<unk>\":0,\"<s>\":1,\"</s>\":2,";
static const char legacy_tail[] =
    "\"\342\226\201\":259,\"a\":260,\"b\":261,\"c\":262,\"\342\226\201a\":263,\"bc\":264,\"\342\226\201abc\":265,\"\342\226\201\342\226\201\":266},\"merges\":[\"\342\226\201 a\",\"b "
    "c\",\"\342\226\201a bc\",\"\342\226\201 \342\226\201\"]}}";
static const char unigram_head[] =
    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,\"content\":\"<pad>"
    "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true},{\"i"
    "d\":1,\"content\":\"</s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false"
    ",\"special\":true},{\"id\":2,\"content\":\"<unk>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":fal"
    "se,\"normalized\":false,\"special\":true}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Metaspac"
    "e\",\"replacement\":\"\342\226\201\",\"prepend_scheme\":\"always\",\"split\":true},\"post_processor\":{\"type\":\"Tem"
    "plateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"</s>"
    "\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_i"
    "d\":0}}],\"special_tokens\":{\"</s>\":{\"id\":\"</s>\",\"ids\":[1],\"tokens\":[\"</s>\"]}}},\"decoder\":nul"
    "l,\"model\":{\"type\":\"Unigram\",\"unk_id\":2,\"vocab\":[[\"<pad>\",0.0],[\"</s>\",0.0],[\"<unk>\",0.0],["
    "\"\342\226\201\",-2.0],[\"a\",-3.0],[\"b\",-3.5],[\"\342\226\201a\",-3.2],[\"ab\",-4.1],[\".\",-3.0],[\"..\",-5.5]],\"byte_fall"
    "back\":false}}";
static const char wordpiece_head[] =
    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"id\":0,\"content\":\"[PAD]"
    "\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true},{\"i"
    "d\":1,\"content\":\"[UNK]\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":fals"
    "e,\"special\":true},{\"id\":2,\"content\":\"[CLS]\",\"single_word\":false,\"lstrip\":false,\"rstrip\":fa"
    "lse,\"normalized\":false,\"special\":true},{\"id\":3,\"content\":\"[SEP]\",\"single_word\":false,\"lstr"
    "ip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}],\"normalizer\":{\"type\":\"BertNor"
    "malizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":tr"
    "ue},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":\"TemplateProcessi"
    "ng\",\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":"
    "0}},{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0"
    "}},{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"special_tokens\":{\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[2],"
    "\"tokens\":[\"[CLS]\"]},\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[3],\"tokens\":[\"[SEP]\"]}}},\"decoder\":null,\""
    "model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\",\"max_input"
    "_chars_per_word\":100,\"vocab\":{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"un\":4,\"##aff\":5,\"##"
    "able\":6,\"a\":7,\",\":8,\"##b\":9}}}";
static const text_case texts[] = {
    {bytes_head, NULL, "ab ab12", 5, {0, 9, 10, 7, 8}},
    {bytes_head, NULL, "a<t>b", 4, {0, 1, 13, 2}},
    {bytes_head, NULL, "\303\251ab", 3, {0, 11, 9}},
    {bytes_head, NULL, "e\314\201ab", 3, {0, 11, 9}},
    {bytes_head, NULL, "<s>ab", 3, {0, 0, 9}},
    {metaspace_head, metaspace_tail, "abc a", 3, {1, 265, 263}},
    {metaspace_head, metaspace_tail, " abc", 2, {1, 265}},
    {metaspace_head, metaspace_tail, "a</s>bc", 4, {1, 263, 2, 264}},
    {metaspace_head, metaspace_tail, "  \303\251", 4, {1, 266, 198, 172}},
    {legacy_head, legacy_tail, "abc a", 3, {1, 265, 263}},
    {legacy_head, legacy_tail, " abc", 3, {1, 259, 265}},
    {legacy_head, legacy_tail, "a</s>bc", 5, {1, 263, 2, 259, 264}},
    {unigram_head, NULL, "ab a...", 6, {3, 7, 6, 8, 9, 1}},
    {unigram_head, NULL, " ab", 3, {3, 7, 1}},
    {unigram_head, NULL, "axxa", 4, {6, 2, 4, 1}},
    {wordpiece_head, NULL, "Unaffable, \303\200b", 8, {2, 4, 5, 6, 8, 7, 9, 3}},
    {wordpiece_head, NULL, "xyz a", 4, {2, 1, 7, 3}},
    {wordpiece_head, NULL, "a [SEP]", 4, {2, 7, 3, 3}},
};
