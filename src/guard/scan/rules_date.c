/* Dates and times. */
#include "guard/scan/rules_tables.h"

static const sx_rule RULES[] = {
    /* ISO 8601 */
    {"DATE_TIME", "iso-datetime",
     "\\d{4}-[01]\\d-[0-3]\\d[T ][0-2]\\d:[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?(Z|[+\\-][0-2]\\d:?[0-5]\\d)?", 0.85f,
     0.95f, NULL, 0, 0, NULL, NULL, 0},
    {"DATE_TIME", "iso-date", "\\d{4}[/\\-](0?[1-9]|1[0-2])[/\\-](0?[1-9]|[12]\\d|3[01])", 0.6f, 0.9f, NULL, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    /* day and month in either order */
    {"DATE_TIME", "date-slashes",
     "((0?[1-9]|[12]\\d|3[01])/(0?[1-9]|1[0-2])|(0?[1-9]|1[0-2])/(0?[1-9]|[12]\\d|3[01]))/(\\d{4}|\\d{2})", 0.6f, 0.9f,
     NULL, 0, SX_RULE_NUMBER, NULL, NULL, 0},
    {"DATE_TIME", "date-dots", "(0?[1-9]|[12]\\d|3[01])\\.(0?[1-9]|1[0-2])\\.(\\d{4}|\\d{2})", 0.6f, 0.9f, NULL, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"DATE_TIME", "date-dashes",
     "((0?[1-9]|[12]\\d|3[01])-(0?[1-9]|1[0-2])|(0?[1-9]|1[0-2])-(0?[1-9]|[12]\\d|3[01]))-\\d{4}", 0.6f, 0.9f, NULL, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"DATE_TIME", "date-named",
     "(?i)(0?[1-9]|[12]\\d|3[01])-(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(-(\\d{4}|\\d{2}))?|(JAN|FEB|M"
     "AR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-(\\d{4}|\\d{2})",
     0.6f, 0.9f, NULL, 0, 0, NULL, NULL, 0},
    {"DATE_TIME", "date-words",
     "(?i)((0?[1-9]|[12]\\d|3[01])(st|nd|rd|th)? (of )?)?(January|February|March|April|June|July|August|September"
     "|October|November|December)( (0?[1-9]|[12]\\d|3[01])(st|nd|rd|th)?)?(,? \\d{4})|(January|February|March|Apr"
     "il|June|July|August|September|October|November|December) (0?[1-9]|[12]\\d|3[01])",
     0.6f, 0.9f, NULL, 0, 0, NULL, NULL, 0},
    {"DATE_TIME", "month-day", "(0?[1-9]|1[0-2])/(0?[1-9]|[12]\\d|3[01])|(0?[1-9]|1[0-2])/\\d{4}", 0.1f, 0.4f, NULL, 0,
     SX_RULE_NUMBER, NULL, NULL, 0},
    {"DATE_TIME", "weekday", "(?i)(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", 0.6f, 0.9f, NULL, 0, 0, NULL, NULL, 0},
    {"DATE_TIME", "year", "(1[89]|20)\\d{2}", 0.05f, 0.6f, NULL, 0, SX_RULE_NUMBER | SX_RULE_REQUIRED, NULL, NULL, 0},
    /* Chinese dates */
    {"DATE_TIME", "zh-date", "(19|20)\\d{2}年(\\d{1,2}月(\\d{1,2}[日号])?)?", 0.6f, 0.9f, NULL, 0, SX_RULE_RIGHT_ANY,
     NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_date, RULES)
