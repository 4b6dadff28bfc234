/* Labels that number the parts of contracts, laws, standards and filings: "Article IV", "8.", "3.1.2", "§ "
"5", 第三条, (a).
 * What stands at the start of a line is told here; whether it opens a section there is the reader's to judge. */
#ifndef SX_RETRIEVE_LABEL_H
#define SX_RETRIEVE_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SX_LABEL_NAMED = 1, /* a word and a number: Article IV, Section 3.1, Item 7A, § 5, 第三条 */
    SX_LABEL_DECIMAL,   /* 8. or 3.1 or 3.1.2 */
    SX_LABEL_ROMAN,     /* IV. */
    SX_LABEL_LETTER,    /* B. */
    SX_LABEL_HAN,       /* 一、 */
    SX_LABEL_ITEM,      /* (a), (iv), 2), （一）, ① */
    SX_LABEL_BULLET     /* •, -, * */
};

/* Levels of sections: a lower rank holds the higher ones. Gaps are for the reader's own headings. */
enum {
    SX_RANK_ATTACHMENT = 3,
    SX_RANK_BOOK = 5,
    SX_RANK_PART = 6,
    SX_RANK_SUBPART = 7,
    SX_RANK_TITLE = 8,
    SX_RANK_CHAPTER = 10,
    SX_RANK_ITEM = 12,
    SX_RANK_DIVISION = 14,
    SX_RANK_SUBDIVISION = 15,
    SX_RANK_CAPS = 16,
    SX_RANK_ROMAN = 17,
    SX_RANK_LETTER = 18,
    SX_RANK_CLAUSE = 20,
    SX_RANK_ARTICLE = 21,
    SX_RANK_SUBCLAUSE = 22,
    SX_RANK_LINE = 30
};

typedef struct sx_label {
    uint8_t kind;  /* SX_LABEL_* */
    uint8_t rank;  /* SX_RANK_*; 0 for items and bullets. Articles come as SX_RANK_ARTICLE */
    bool strong;   /* hardly anything but a label */
    bool stopped;  /* a full stop, colon or the like closes it */
    uint8_t parts; /* of a decimal number: 3.1.2 has three */
    uint32_t last; /* the last number, 0 when it is not one */
    uint32_t top;  /* the first number */
    size_t end;    /* behind the label and its punctuation */
} sx_label;

/* The label that text[start, end) begins with (start is not blank); false without one. Looks at no more than 64 bytes. */
bool sx_label_read(sx_label *label, const char *text, size_t start, size_t end);

#endif
