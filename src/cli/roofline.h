/* How near a measured speed is to what the machine allows: the time to read the weights, or to multiply by them. */
#ifndef SX_CLI_ROOFLINE_H
#define SX_CLI_ROOFLINE_H

#include <jansson.h>

#include "cli.h"

typedef struct sx_roof { /* of reading a prompt, or of writing; per token */
    double measured;     /* tokens per second; 0: not measured */
    double bytes, products;
    const char *kind; /* of the products, or NULL when the next is 0 */
    double peak;      /* products per second that the machine can make; 0: not known */
    double limit;     /* tokens per second; 0: not known */
    bool by_products; /* they set it, not the bytes */
} sx_roof;

typedef struct sx_roofline {
    uint32_t threads;
    double read; /* bytes per second of all threads; 0: could not be measured */
    sx_roof reading, writing;
} sx_roofline;

/* What was done at which speed. */
typedef struct sx_done {
    uint32_t prompt_tokens, sequences; /* the first of all sequences together */
    double pp, tg;                     /* tokens per second of all together; 0: not measured */
} sx_done;

/* Measures the machine for a second or two. False: the model has no such facts. */
bool sx_roofline_make(sx_roofline *r, llm_model *model, const sx_done *done);
void sx_roofline_print(const sx_roofline *r);
json_t *sx_roofline_json(const sx_roofline *r);

#endif
