/* The readers: where sections, paragraphs and sentences are found, with exact offsets, in several languages. */
#include "tree_check.h"

static sx_mem mem;

/* The tree drawn with one node a line: indent, kind, title or text. Line ends show as '|'. */
static char *draw(const sx_tree *tree, bool sentences)
{
    static const char kinds[] = "?DSPsG";
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    for (uint32_t i = 1; i < tree->count; i++) {
        const sx_node *n = &tree->nodes[i];
        if (n->kind == LLM_NODE_SENTENCE && !sentences) continue;
        bool titled = n->title_end > n->title_start;
        uint32_t from = titled ? n->title_start : n->start, to = titled ? n->title_end : n->end;
        for (unsigned d = 1; d < n->depth; d++) sx_buf_char(&out, ' ');
        sx_buf_char(&out, kinds[n->kind]);
        sx_buf_char(&out, ' ');
        if (n->kind != LLM_NODE_GROUP)
            for (uint32_t k = from; k < to; k++)
                sx_buf_char(&out, strchr("\r\n\f", tree->text[k]) ? '|' : tree->text[k]);
        sx_buf_char(&out, '\n');
    }
    char *drawn = strdup(sx_buf_cstr(&out));
    sx_buf_free(&out);
    return drawn;
}

static void expect(const char *name, const char *text, const char *drawn)
{
    sx_tree *tree = read_string(&mem, name, text);
    char *got = draw(tree, false);
    assert_string_equal(got, drawn);
    free(got);
    sx_tree_unref(tree);
}

static void expect_sentences(const char *text, const char *joined)
{
    sx_buf out;
    size_t len = strlen(text);
    sx_buf_init(&out, &mem, 0);
    for (size_t at = 0; at < len;) {
        size_t end = sx_sentence_end(text, at, len, false);
        assert_true(end > at && end <= len);
        sx_buf_add(&out, text + at, end - at);
        sx_buf_char(&out, '/');
        at = sx_skip_space(text, end, len);
    }
    assert_string_equal(sx_buf_cstr(&out), joined);
    sx_buf_free(&out);
}

static void test_markdown_headings(void **state)
{
    (void)state;
    expect("a.md",
           "# Guide #\n\nIntro text.\n\n## Setup\nFirst.\n\nUsage\n-----\n\nSecond **bold**.\n\n### Deep ###  \n\n"
           "Third.\n\n# End\n\nLast.\n",
           "S Guide\n P Intro text.\n S Setup\n  P First.\n S Usage\n  P Second **bold**.\n  S Deep\n   P Third.\n"
           "S End\n P Last.\n");
    expect("a.md", "#no heading\n\n####### nor this\n\n    # code\n\n# \\# C#\n\nx\n",
           "P #no heading\nP ####### nor this\nP # code\nS \\# C#\n P x\n");
    expect("a.md", "Two line\ntitle\n===\ntext\n***\nmore\n", "S Two line|title\n P text\n P more\n");
    expect("a.md", "<h2 class=\"x\">HTML title</h2>\n\nbody\n\n**Bold title**\n\nunder it\n",
           "S HTML title\n P body\n S Bold title\n  P under it\n");
    expect("a.md", "# Lonely\n", "S Lonely\n P # Lonely\n");
}

static void test_markdown_blocks(void **state)
{
    (void)state;
    expect("a.md", "```sh\n# not a heading\n\nmore\n```\nafter\n", "P ```sh|# not a heading||more|```\nP after\n");
    expect("a.md", "~~~\n# open to the end\n", "P ~~~|# open to the end\n");
    expect("a.md", "Take:\n\n- milk\n- bread\n  and butter\n\n  # not a heading\n\nDone.\n",
           "P Take:||- milk|- bread|  and butter||  # not a heading\nP Done.\n");
    expect("a.md", "> # quoted\n> text\n>\n> second\nlazy\n\nafter\n",
           "P > # quoted|> text\nP > second|lazy\nP after\n");
    expect("a.md", "| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n", "P | a | b |||---|---||| 1 | 2 |\nP text\n");
    expect("a.md", "---\ntitle: X\n---\n# H\ntext\n", "P ---|title: X|---\nS H\n P text\n");
    expect("a.md", "<!-- a\n\n# hidden\n-->\n\n# H\n\nt\n", "P <!-- a||# hidden|-->\nS H\n P t\n");
    expect("a.md", "para\n# H\ntext\n- item\n", "P para\nS H\n P text\n P - item\n");
}

static void test_markdown_large_table(void **state)
{
    (void)state;
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    sx_buf_str(&text, "# T\n\n| City | People |\n|---|---|\n");
    for (int i = 0; i < 400; i++) sx_buf_printf(&text, "| Town %d | %d |\n", i, i * 1000);
    sx_buf_str(&text, "\nAfter the table.\n");
    sx_tree *tree = read_bytes(&mem, "t.md", text.data, text.len);
    uint32_t table = sx_tree_find(tree, "0.0.0"), after = sx_tree_find(tree, "0.0.1");
    assert_int_equal(tree->nodes[table].kind, LLM_NODE_SECTION);
    sx_buf path;
    sx_buf_init(&path, &mem, 0);
    sx_tree_put_path(tree, tree->nodes[table].first_child, &path);
    assert_string_equal(sx_buf_cstr(&path), "T > | City | People |");
    assert_true(tree->nodes[table].n_children > 3);
    assert_int_equal(tree->nodes[after].kind, LLM_NODE_PARAGRAPH);
    assert_memory_equal(tree->text + tree->nodes[after].start, "After the table.", 16);
    sx_buf_free(&path);
    sx_buf_free(&text);
    sx_tree_unref(tree);
}

static void test_law(void **state)
{
    (void)state;
    const char *drawn =
        "S 合同法\n S 第一章 总则\n  S 第一条\n   P 第一条 为了保护当事人，制定本法。\n  S 第二条\n"
        "   P 第二条 本法所称合同，是协议：||（一）口头的；||（二）书面的。\n S 第二章 订立\n  S 第三条\n   P 第三条 依照第一条的规定办理。\n";
    expect(
        "law.md",
        "# 合同法\n\n## 第一章 总则\n\n第一条 为了保护当事人，制定本法。\n\n第二条 本法所称合同，是协议：\n\n（一）口头的；\n\n（二）书面的。\n\n"
        "## 第二章 订立\n\n第三条 依照第一条的规定办理。\n",
        drawn);
    expect(
        "law.txt",
        "第一章 总则\n\n第一条 为了保护当事人，制定本法。\n\n第二条 本法所称合同，是协议。\n\n第二章 订立\n第三条 依照第一条的规定办理。\n",
        "S 第一章 总则\n S 第一条\n  P 第一条 为了保护当事人，制定本法。\n S 第二条\n  P 第二条 本法所称合同，是协议。\nS 第二章 订立\n S 第三条\n"
        "  P 第三条 依照第一条的规定办理。\n");
    expect(
        "ja.txt",
        "第１章　総則\n\n第１条（目的）\nこの規則は、業務の適正を確保することを目的とする。\n\n第２条 用語の意義は、次のとおりとする。この規則において用いる用語をいう。\n",
        "S 第１章　総則\n S 第１条（目的）\n  P この規則は、業務の適正を確保することを目的とする。\n S 第２条\n  P 第２条 用語の意義は、次のとおりとする。この規則において用いる用語をいう。\n");
    expect("de.txt",
           "§ 1 Geltungsbereich\nDiese Bedingungen gelten für alle Verträge zwischen dem Anbieter und dem Kunden.\n"
           "\n§ 2 Preise\nDie Preise verstehen sich netto.\n",
           "S § 1 Geltungsbereich\n"
           " P Diese Bedingungen gelten für alle Verträge zwischen dem Anbieter und dem Kunden.\nS § 2 Preise\n"
           " P Die Preise verstehen sich netto.\n");
    expect("fr.txt",
           "CHAPITRE PREMIER\nDISPOSITIONS GÉNÉRALES\n\nArticle 1er\nLa présente loi s'applique.\n\n"
           "Article 2 - Définitions\nOn entend par contrat un accord.\n",
           "S CHAPITRE PREMIER|DISPOSITIONS GÉNÉRALES\n S Article 1er\n  P La présente loi s'applique.\n"
           " S Article 2 - Définitions\n  P On entend par contrat un accord.\n");
    expect("es.txt",
           "CAPÍTULO I\nDisposiciones generales\n\nArtículo 1. Objeto.\nEsta ley regula el contrato.\n\n"
           "Artículo 2. Ámbito.\nSe aplica en todo el territorio.\n",
           "S CAPÍTULO I|Disposiciones generales\n S Artículo 1. Objeto.\n  P Esta ley regula el contrato.\n"
           " S Artículo 2. Ámbito.\n  P Se aplica en todo el territorio.\n");
}

static void test_law_elsewhere(void **state)
{
    (void)state;
    expect("ru.txt",
           "Глава 1. Общие положения\n\nСтатья 1. Предмет закона\n\nЗакон устанавливает порядок.\n\n"
           "Статья 2. Понятия\n\nПонятия имеют значения.\n",
           "S Глава 1. Общие положения\n S Статья 1. Предмет закона\n  P Закон устанавливает порядок.\n"
           " S Статья 2. Понятия\n  P Понятия имеют значения.\n");
    expect("ar.md", "# قانون\n\nالمادة 1: يعمل بهذا القانون.\n\nالمادة (٢) ينشر في الجريدة.\n",
           "S قانون\n S المادة 1:\n  P المادة 1: يعمل بهذا القانون.\n S المادة (٢)\n"
           "  P المادة (٢) ينشر في الجريدة.\n");
    expect("th.md", "# กฎหมาย\n\nมาตรา ๑ พระราชบัญญัตินี้\n\nมาตรา ๒ ให้ใช้บังคับ\n",
           "S กฎหมาย\n S มาตรา ๑\n  P มาตรา ๑ พระราชบัญญัตินี้\n S มาตรา ๒\n  P มาตรา ๒ ให้ใช้บังคับ\n");
    expect("vi.txt", "Chương I\nQUY ĐỊNH CHUNG\n\nĐiều 1. Phạm vi điều chỉnh\n\nLuật này quy định về hợp đồng.\n",
           "S Chương I|QUY ĐỊNH CHUNG\n S Điều 1. Phạm vi điều chỉnh\n  P Luật này quy định về hợp đồng.\n");
}

static void test_contract(void **state)
{
    (void)state;
    expect("c.txt",
           "SERVICES AGREEMENT\n\nThis agreement is made between A and B.\n\nARTICLE I\n\nDEFINITIONS\n\n"
           "1.1 Terms. In this agreement words have these meanings and no others.\n\n"
           "1.2 Interpretation\n\nHeadings are for convenience only.\n\nARTICLE II - FEES\n\n"
           "2.1 Amount. The fee is 5.5 per cent. of the price.\n\n"
           "Section 2.1 of the schedule applies.\n\nSection 2.2 Payment.\n\nPayment is due in thirty days.\n",
           "S SERVICES AGREEMENT\n P This agreement is made between A and B.\nS ARTICLE I||DEFINITIONS\n S 1.1 Terms\n"
           "  P 1.1 Terms. In this agreement words have these meanings and no others.\n S 1.2 Interpretation\n"
           "  P Headings are for convenience only.\n"
           "S ARTICLE II - FEES\n S 2.1 Amount\n"
           "  P 2.1 Amount. The fee is 5.5 per cent. of the price.||Section 2.1 of the schedule applies.\n"
           " S Section 2.2 Payment.\n  P Payment is due in thirty days.\n");
}

static void test_numbered(void **state)
{
    (void)state;
    expect("c.txt",
           "1. Definitions\nWords mean what they say.\n"
           "2. Fees. The customer shall pay the fees that the order names, and shall pay them in time.\n"
           "3. The supplier shall deliver what was ordered, at the place and the time that the order names.\n"
           "(a) goods; and\n(b) papers.\n2010. That was the year.\n",
           "S 1. Definitions\n P Words mean what they say.\nS 2. Fees\n"
           " P 2. Fees. The customer shall pay the fees that the order names, and shall pay them in time.\n"
           "S 3.\n"
           " P 3. The supplier shall deliver what was ordered, at the place and the time that the order names.|(a) "
           "goods; and|(b) papers.|2010. That was the year.\n");
}

static void test_shouting(void **state)
{
    (void)state;
    expect("s.txt",
           "1. Terms\n--------\n\n1.1. Words mean things.\n\n2. Warranty.\n\n"
           "THERE IS NO WARRANTY FOR THE PROGRAM, TO THE EXTENT\nPERMITTED BY LAW. IT IS PROVIDED AS IT IS, WITH ALL\n"
           "ITS FAULTS AND WITHOUT ANY PROMISE. YOU BEAR THE RISK\nOF EVERY REPAIR THAT IT MAY NEED ONE DAY OR\n"
           "ANOTHER.\n\nEND OF TERMS\n\nThat is all.\n",
           "S 1. Terms\n S 1.1.\n  P 1.1. Words mean things.\nS 2. Warranty.\n"
           " P THERE IS NO WARRANTY FOR THE PROGRAM, TO THE EXTENT|PERMITTED BY LAW. IT IS PROVIDED AS IT IS, WITH ALL|"
           "ITS FAULTS AND WITHOUT ANY PROMISE. YOU BEAR THE RISK|OF EVERY REPAIR THAT IT MAY NEED ONE DAY "
           "OR|ANOTHER.\nS END OF TERMS\n P That is all.\n");
}

static void test_fields_and_items(void **state)
{
    (void)state;
    expect("f.txt",
           "A Study of Birds\n\nDOI: 10.1080/22221751\n\nLICENSE: CC-BY\n\n"
           "The text begins here, and what it says is long enough to be more than a heading of some kind would be.\n",
           "P A Study of Birds||DOI: 10.1080/22221751||LICENSE: CC-BY||The text begins here, and what it says is "
           "long enough to be more than a heading of some kind would be.\n");
    expect("f.txt",
           "3. Exceptions\nNo duty binds one who:\n3.1 knew it;\n3.2 found it;\n"
           "3.3 was told it lawfully by someone else.\n4. Term\nIt ends in May.\n",
           "S 3. Exceptions\n"
           " P No duty binds one who:|3.1 knew it;|3.2 found it;|3.3 was told it lawfully by someone else.\n"
           "S 4. Term\n P It ends in May.\n");
}

static void test_contents_are_no_sections(void **state)
{
    (void)state;
    expect("t.txt",
           "TABLE OF CONTENTS\n\nItem 1. Business ........ 4\nItem 2. Properties ...... 12\n\nItem 1. Business\n\n"
           "We sell books.\n\nItem 2. Properties\n\nWe own a house.\n",
           "S TABLE OF CONTENTS\n P Item 1. Business ........ 4|Item 2. Properties ...... 12\nS Item 1. Business\n"
           " P We sell books.\nS Item 2. Properties\n P We own a house.\n");
}

static void test_wrapped_lines(void **state)
{
    (void)state;
    expect("w.txt",
           "Introduction\n============\n\nThis text is broken to a width, and its lines\n"
           "are joined to paragraphs that run over several\nlines until one ends.\n"
           "   An indented line begins the next paragraph of\nthe text, which ends here.\n",
           "S Introduction\n"
           " P This text is broken to a width, and its lines|are joined to paragraphs that run over several|lines "
           "until one ends.|"
           "   An indented line begins the next paragraph of|the text, which ends here.\n");
}

static void test_pages(void **state)
{
    (void)state;
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int page = 0; page < 30; page++)
        sx_buf_printf(&text,
                      "%sThe page %d begins with a sentence that is not\nended on the page but goes on and on and\n"
                      "leaves its last words to the next one",
                      page ? "\n\f" : "", page);
    sx_tree *tree = read_bytes(&mem, "p.txt", text.data, text.len);
    unsigned paragraphs = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *n = &tree->nodes[i];
        if (n->kind != LLM_NODE_PARAGRAPH) continue;
        paragraphs++;
        assert_null(memchr(tree->text + n->start, '\f', n->end - n->start));
    }
    assert_int_equal(paragraphs, 30);
    sx_buf_free(&text);
    sx_tree_unref(tree);
}

static void test_sentences(void **state)
{
    (void)state;
    expect_sentences("Mr. Smith paid $3.50 to Acme Inc. on May 5. He left.",
                     "Mr. Smith paid $3.50 to Acme Inc. on May 5./He left./");
    expect_sentences("See No. 5 and Section 3.1 of the U.S. Code, e.g. there. \"Really?\" she asked. Yes!",
                     "See No. 5 and Section 3.1 of the U.S. Code, e.g. there./\"Really?\" she asked./Yes!/");
    expect_sentences("1. Each party may. 2. It ends.", "1. Each party may./2. It ends./");
    expect_sentences("Am 3. Oktober gilt § 5 Abs. 2 BGB, z.B. hier. Der Rest folgt.",
                     "Am 3. Oktober gilt § 5 Abs. 2 BGB, z.B. hier./Der Rest folgt./");
    expect_sentences("M. Dupont est là. ¿Dónde? ¡Aquí! Fin.", "M. Dupont est là./¿Dónde?/¡Aquí!/Fin./");
    expect_sentences("第一句。第二句！“第三句？”第四句", "第一句。/第二句！/“第三句？”/第四句/");
    expect_sentences("彼は「はい。」と言った。終わり。", "彼は「はい。」と言った。/終わり。/");
    expect_sentences("यह पहला है। यह दूसरा।", "यह पहला है।/यह दूसरा।/");
    expect_sentences("هل هذا؟ نعم.", "هل هذا؟/نعم./");
    expect_sentences("J. R. R. Tolkien wrote it. It is long.", "J. R. R. Tolkien wrote it./It is long./");
    expect_sentences("One paragraph\n\nanother", "One paragraph/another/");
    assert_int_equal(sx_sentence_end("a\nb", 0, 3, true), 1);
    assert_int_equal(sx_sentence_end("a\nb", 0, 3, false), 3);
    for (size_t lead = 3; lead < 40; lead++) { /* wherever a stop stands */
        static const char *const ends[] = {". Next", "! Next", "? Next", "\n\nNext", "\xE3\x80\x82Next"};
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            char text[64];
            memset(text, 'w', lead);
            memcpy(text + lead, ends[e], strlen(ends[e]) + 1);
            size_t stop = lead + (ends[e][0] == '\n' ? 0 : ends[e][0] == '\xE3' ? 3 : 1);
            assert_int_equal(sx_sentence_end(text, 0, strlen(text), false), stop);
        }
    }
}

static void test_sentence_nodes(void **state)
{
    (void)state;
    sx_tree *tree = read_string(&mem, "a.md", "# T\n\nOne here. Two there.\n\nOnly one.\n");
    char *got = draw(tree, true);
    assert_string_equal(got, "S T\n P One here. Two there.\n  s One here.\n  s Two there.\n P Only one.\n");
    free(got);
    sx_tree_unref(tree);
}

static void test_odd_bytes(void **state)
{
    (void)state;
    expect("a.txt", "", "");
    expect("a.md", "", "");
    expect("a.txt", " \n\t\r\n\f\n", "");
    expect("a.md", "\xEF\xBB\xBF# Title\r\n\r\nText\r\nmore\r\n", "S Title\n P Text||more\n");
    expect("a.txt",
           "\xEF\xBB\xBF"
           "Title Line\r\n==========\r\n\r\nText\r\n",
           "S Title Line\n P Text\n");
    expect("a.md", "# One\rtext\r\r# Two\rmore\r", "S One\n P text\nS Two\n P more\n");
    static const char nul[] = "a\0b\n\n# c\0d\n\nx\n";
    sx_tree *tree = read_bytes(&mem, "a.md", nul, sizeof nul - 1);
    assert_int_equal(tree->nodes[0].end, sizeof nul - 1);
    sx_tree_unref(tree);
}

static void test_long_text(void **state)
{
    (void)state;
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int i = 0; i < 3000; i++) sx_buf_printf(&text, "Sentence number %d says something of its own. ", i);
    sx_tree *tree = read_bytes(&mem, "a.txt", text.data, text.len);
    sx_tree_unref(tree);
    sx_buf_clear(&text);
    for (int i = 0; i < 200000; i++) sx_buf_char(&text, 'x'); /* no sentence, no blank, no line end */
    tree = read_bytes(&mem, "a.md", text.data, text.len);
    sx_tree_unref(tree);
    sx_buf_clear(&text);
    for (int i = 0; i < 100000; i++) sx_buf_str(&text, "字");
    tree = read_bytes(&mem, "a.txt", text.data, text.len);
    sx_tree_unref(tree);
    sx_buf_free(&text);
}

static void fill(sx_buf *text, const char *piece, int times)
{
    sx_buf_clear(text);
    for (int i = 0; i < times; i++) sx_buf_str(text, piece);
}

/* What makes other parsers recurse, backtrack or square. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const pieces[] = {"- ",
                                         ">",
                                         "> - ",
                                         "# a\n",
                                         "```\n",
                                         "[",
                                         "<",
                                         "<!--\n",
                                         "|",
                                         "|-|\n",
                                         "a\n---\n",
                                         "*",
                                         "**x**\n\n",
                                         "1. a\n",
                                         "ARTICLE I\n",
                                         "第一条\n",
                                         "(a) ",
                                         "A.\n",
                                         "......",
                                         "a. ",
                                         "。",
                                         "\n",
                                         " \n",
                                         "\f",
                                         "\f\n",
                                         "\t",
                                         "A B   C   D\n",
                                         "=\n",
                                         "1.1.1.1.1.1.1.1.1\n",
                                         "- a\n  ",
                                         "Section 1. X\n\n",
                                         "「",
                                         "...\" "};
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        fill(&text, pieces[i], 100000);
        sx_tree_unref(read_bytes(&mem, "h.md", text.data, text.len));
        sx_tree_unref(read_bytes(&mem, "h.txt", text.data, text.len));
    }
    sx_buf_clear(&text);
    for (int i = 0; i < 3000; i++) { /* a list nested 3000 deep */
        for (int k = 0; k < i % 3000; k++) sx_buf_char(&text, ' ');
        sx_buf_str(&text, "- item\n");
    }
    sx_tree_unref(read_bytes(&mem, "h.md", text.data, text.len));
    sx_buf_free(&text);
}

static void test_balanced(void **state)
{
    (void)state;
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int i = 0; i < 10000; i++) sx_buf_printf(&text, "## Entry %d\n\nWhat it says is %d.\n\n", i, i);
    sx_tree *tree = read_bytes(&mem, "b.md", text.data, text.len); /* check_links: at most 64 children */
    unsigned sections = 0, groups = 0, depth = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        sections += tree->nodes[i].kind == LLM_NODE_SECTION;
        groups += tree->nodes[i].kind == LLM_NODE_GROUP;
        if (tree->nodes[i].depth > depth) depth = tree->nodes[i].depth;
    }
    assert_int_equal(sections, 10000);
    assert_true(groups >= 157 && groups <= 170);
    assert_int_equal(depth, 4); /* two levels of groups, the section, its paragraph */
    sx_buf_free(&text);
    sx_tree_unref(tree);
}

/* Documents thrown together from pieces of documents: whatever comes out must be sound and lose no letter. */
static void test_random(void **state)
{
    (void)state;
    static const char *const pieces[] = {"# H\n",
                                         "## Two ##\n",
                                         "\n",
                                         "\n",
                                         "word ",
                                         "A sentence. ",
                                         "句子。",
                                         "- item\n",
                                         "  - nested\n",
                                         "1. one\n",
                                         "> quote\n",
                                         "```\n",
                                         "    code\n",
                                         "| a | b |\n",
                                         "|---|---|\n",
                                         "===\n",
                                         "---\n",
                                         "<div>\n",
                                         "<!-- \n",
                                         "-->\n",
                                         "**Bold**\n",
                                         "第三条 正文。\n",
                                         "第一章 总则\n",
                                         "ARTICLE IV\n",
                                         "Section 3.1 Title\n",
                                         "8. Fees. The fee is due.\n",
                                         "(a) item;\n",
                                         "ALL CAPS LINE\n",
                                         "\f",
                                         "\r\n",
                                         "\t",
                                         "a   b   3   4\n",
                                         "Title Line\n",
                                         "lower line\n",
                                         "\xC2\xA7 5 Text\n",
                                         "...",
                                         "\xE2\x80\xA6",
                                         "\xEF\xBB\xBF",
                                         "Item 7A.\n",
                                         "Note 3\n",
                                         "一、标题\n",
                                         "（一）条目；\n",
                                         ":\n",
                                         "：\n"};
    uint64_t x = 88172645463325252u;
    sx_buf text;
    sx_buf_init(&text, &mem, 0);
    for (int round = 0; round < 4000; round++) {
        sx_buf_clear(&text);
        for (int i = 0; i < 3 + round % 60; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            sx_buf_str(&text, pieces[x % (sizeof pieces / sizeof pieces[0])]);
        }
        sx_tree_unref(read_bytes(&mem, round % 2 ? "r.md" : "r.txt", text.data, text.len));
    }
    sx_buf_free(&text);
}

static void test_formats(void **state)
{
    (void)state;
    assert_int_equal(sx_reader_format("a.md", "", 0), LLM_FORMAT_MARKDOWN);
    assert_int_equal(sx_reader_format("A.Markdown", "", 0), LLM_FORMAT_MARKDOWN);
    assert_int_equal(sx_reader_format("md", "", 0), LLM_FORMAT_TEXT);
    assert_int_equal(sx_reader_format("a.mdx", "", 0), LLM_FORMAT_TEXT);
    assert_int_equal(sx_reader_format("a.PDF", "", 0), LLM_FORMAT_PDF);
    assert_int_equal(sx_reader_format("a.txt", "%PDF-1.7", 8), LLM_FORMAT_TEXT); /* the name says so */
    assert_int_equal(sx_reader_format("a", "%PDF-1.7", 8), LLM_FORMAT_PDF);
    assert_int_equal(sx_reader_format("a", "\n <!DOCTYPE html><p>", 20), LLM_FORMAT_HTML);
    assert_int_equal(sx_reader_format("a", "PK\003\004 [Content_Types].xml", 24), LLM_FORMAT_DOCX);
    sx_outline outline;
    llm_error err = {sizeof err, 0, {0}};
    sx_outline_init(&outline, &mem, "x", 1);
    assert_int_equal(sx_read(&outline, 99, NULL, &err), LLM_E_UNSUPPORTED);
    sx_outline_free(&outline);
    struct llm_cancel cancel;
    atomic_init(&cancel.set, 1);
    char *text = sx_mem_alloc(&mem, 100001);
    memset(text, '\n', 100000);
    text[100000] = '\0';
    sx_tree *tree;
    assert_int_equal(sx_read_tree(&tree, &mem, "a.md", text, 100000, LLM_FORMAT_MARKDOWN, &cancel, &err),
                     LLM_E_CANCELLED);
    assert_null(tree);
}

static int after(void **state)
{
    (void)state;
    return mem.live_bytes == 0 ? 0 : -1;
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_markdown_headings, after),
                                       cmocka_unit_test_teardown(test_markdown_blocks, after),
                                       cmocka_unit_test_teardown(test_markdown_large_table, after),
                                       cmocka_unit_test_teardown(test_law, after),
                                       cmocka_unit_test_teardown(test_law_elsewhere, after),
                                       cmocka_unit_test_teardown(test_contract, after),
                                       cmocka_unit_test_teardown(test_numbered, after),
                                       cmocka_unit_test_teardown(test_fields_and_items, after),
                                       cmocka_unit_test_teardown(test_shouting, after),
                                       cmocka_unit_test_teardown(test_contents_are_no_sections, after),
                                       cmocka_unit_test_teardown(test_wrapped_lines, after),
                                       cmocka_unit_test_teardown(test_pages, after),
                                       cmocka_unit_test_teardown(test_sentences, after),
                                       cmocka_unit_test_teardown(test_sentence_nodes, after),
                                       cmocka_unit_test_teardown(test_odd_bytes, after),
                                       cmocka_unit_test_teardown(test_long_text, after),
                                       cmocka_unit_test_teardown(test_hostile, after),
                                       cmocka_unit_test_teardown(test_balanced, after),
                                       cmocka_unit_test_teardown(test_random, after),
                                       cmocka_unit_test_teardown(test_formats, after)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
