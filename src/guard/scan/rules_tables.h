/* The tables that rules_*.c define; tables.c lists them. */
#ifndef SX_GUARD_SCAN_RULES_TABLES_H
#define SX_GUARD_SCAN_RULES_TABLES_H

#include "guard/scan/rules.h"

#define SX_RULE_TABLE(name, rows) \
    sx_rule_table name(void) \
    { \
        return (sx_rule_table){rows, sizeof rows / sizeof rows[0]}; \
    }

sx_rule_table sx_rules_asia(void);
sx_rule_table sx_rules_attack(void);
sx_rule_table sx_rules_birth(void);
sx_rule_table sx_rules_cn(void);
sx_rule_table sx_rules_date(void);
sx_rule_table sx_rules_de(void);
sx_rule_table sx_rules_eu(void);
sx_rule_table sx_rules_global(void);
sx_rule_table sx_rules_national(void);
sx_rule_table sx_rules_secret(void);
sx_rule_table sx_rules_uk(void);
sx_rule_table sx_rules_us(void);

#endif
