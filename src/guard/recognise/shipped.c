/* The model that the library carries: the bytes of model.bin, linked in as they are. */
#include "guard/recognise/model.h"

/* Made by tools/guard_train; SX_TAG_BLOB is its path, given by the build. */
__asm__(".section .rodata\n"
        ".balign 64\n"
        "sx_tag_blob:\n"
        ".incbin \"" SX_TAG_BLOB "\"\n"
        ".global sx_tag_blob\n"
        ".hidden sx_tag_blob\n"
        ".previous\n");
extern const unsigned char sx_tag_blob[SX_TAG_BLOB_BYTES];

void sx_tag_model_shipped(sx_tag_model *model)
{
    (void)sx_tag_model_read(model, sx_tag_blob, SX_TAG_BLOB_BYTES);
}
