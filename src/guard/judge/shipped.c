/* The model that the library carries: the bytes of model.bin, linked in as they are. */
#include "guard/judge/judge.h"

/* Made by tools/guard_train; SX_JUDGE_BLOB is its path, given by the build. */
__asm__(".section .rodata\n"
        ".balign 64\n"
        "sx_judge_blob:\n"
        ".incbin \"" SX_JUDGE_BLOB "\"\n"
        ".global sx_judge_blob\n"
        ".hidden sx_judge_blob\n"
        ".previous\n");
extern const unsigned char sx_judge_blob[SX_JUDGE_BLOB_BYTES];

void sx_judge_model_shipped(sx_judge_model *model)
{
    (void)sx_judge_model_read(model, sx_judge_blob, SX_JUDGE_BLOB_BYTES);
}
