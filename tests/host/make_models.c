/* Writes the models that the host programs use:   make_models SMALL.gguf SLOW.gguf */
#include <stdbool.h>

#include "tiny_model.h"

int main(int argc, char **argv)
{
    return argc == 3 && tiny_model_save(argv[1], TINY_SMALL) && tiny_model_save(argv[2], TINY_SLOW) ? 0 : 1;
}
