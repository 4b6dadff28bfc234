#include "retrieve/rank/wording.h"

enum { WORDS_KEPT = 240000 /* whose terms are remembered before it begins anew: 8 MB */ };

void sx_wording_init(sx_wording *wording, sx_mem *mem)
{
    pthread_mutex_init(&wording->lock, NULL); /* a default mutex of this libc asks for nothing and cannot fail */
    sx_lexer_init(&wording->lexer, mem, SX_LANG_EN, false);
}

void sx_wording_free(sx_wording *wording)
{
    sx_lexer_free(&wording->lexer);
    pthread_mutex_destroy(&wording->lock);
}

sx_lexer *sx_wording_borrow(sx_wording *wording)
{
    return pthread_mutex_trylock(&wording->lock) == 0 ? &wording->lexer : NULL;
}

void sx_wording_return(sx_wording *wording)
{
    if (wording->lexer.used > WORDS_KEPT) {
        sx_mem *mem = wording->lexer.mem;
        sx_lexer_free(&wording->lexer);
        sx_lexer_init(&wording->lexer, mem, SX_LANG_EN, false);
    }
    pthread_mutex_unlock(&wording->lock);
}
