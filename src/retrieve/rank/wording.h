/* A lexer that is kept between documents and questions, so that no word is stemmed again and again. It is lent to one caller
 * at a time; who comes while it is out works with one of his own. */
#ifndef SX_RETRIEVE_WORDING_H
#define SX_RETRIEVE_WORDING_H

#include <pthread.h>

#include "retrieve/rank/lexer.h"

typedef struct sx_wording {
    pthread_mutex_t lock; /* held while it is out */
    sx_lexer lexer;
} sx_wording;

void sx_wording_init(sx_wording *wording, sx_mem *mem);
void sx_wording_free(sx_wording *wording);
/* NULL: it is out. Its language is for the borrower to set; it does not ask for weak words. */
sx_lexer *sx_wording_borrow(sx_wording *wording);
void sx_wording_return(sx_wording *wording); /* by the thread that borrowed it */

#endif
