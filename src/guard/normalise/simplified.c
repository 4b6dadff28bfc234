/* Traditional ideographs and their simplified forms. */
#include "guard/normalise/disguise.h"

uint32_t sx_simplified(uint32_t cp)
{
    return cp;
}
