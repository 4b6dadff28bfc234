/* The library leaves the process as it found it: nothing on fds 1 and 2, no file left open, the same locale, folder,
 * environment, signal handlers and mask, umask, limits and floating-point modes; and a BLAS or OpenMP that the host has
 * loaded keeps its thread count. It also works under a host whose locale writes decimals with a comma.
 *   quiet LIBRARY MODEL FOLDER */
#include "host.h"

#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

typedef struct process_state {
    char cwd[4096], locale[512];
    size_t env_sum;
    struct sigaction actions[65];
    sigset_t blocked;
    mode_t mask;
    int rounding, fds;
    unsigned mxcsr;
    unsigned short x87;
    struct rlimit limits[RLIM_NLIMITS];
    int nice, blas_threads, omp_threads;
} process_state;

static int threads_of(const char *symbol)
{
    void *found = dlsym(RTLD_DEFAULT, symbol);
    if (!found) return -1;
    int (*get)(void);
    memcpy(&get, &found, sizeof get);
    return get();
}

static process_state look(void)
{
    process_state s;
    memset(&s, 0, sizeof s);
    CHECK(getcwd(s.cwd, sizeof s.cwd) != NULL);
    snprintf(s.locale, sizeof s.locale, "%s", setlocale(LC_ALL, NULL));
    for (char **e = environ; e && *e; e++)
        for (const char *c = *e; *c; c++) s.env_sum = s.env_sum * 31 + (unsigned char)*c;
    for (int i = 1; i <= 64; i++) sigaction(i, NULL, &s.actions[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &s.blocked);
    s.mask = umask(0);
    umask(s.mask);
    s.rounding = fegetround();
    s.fds = host_count("/proc/self/fd");
#if defined(__x86_64__)
    s.mxcsr = __builtin_ia32_stmxcsr() & ~0x3fu; /* the modes, without the sticky flags */
    __asm__ volatile("fnstcw %0" : "=m"(s.x87));
#endif
    for (int i = 0; i < RLIM_NLIMITS; i++) getrlimit((__rlimit_resource_t)i, &s.limits[i]);
    s.nice = getpriority(PRIO_PROCESS, 0);
    s.blas_threads = threads_of("openblas_get_num_threads");
    s.omp_threads = threads_of("omp_get_max_threads");
    return s;
}

static void compare(const process_state *a, const process_state *b)
{
    CHECK(strcmp(a->cwd, b->cwd) == 0);
    CHECK(strcmp(a->locale, b->locale) == 0);
    CHECK(a->env_sum == b->env_sum);
    for (int i = 1; i <= 64; i++) {
        CHECK(a->actions[i].sa_handler == b->actions[i].sa_handler);
        CHECK(a->actions[i].sa_flags == b->actions[i].sa_flags);
    }
    CHECK(memcmp(&a->blocked, &b->blocked, sizeof a->blocked) == 0);
    CHECK(a->mask == b->mask);
    CHECK(a->rounding == b->rounding);
    CHECK(a->mxcsr == b->mxcsr);
    CHECK(a->x87 == b->x87);
    CHECK(a->fds == b->fds);
    CHECK(memcmp(a->limits, b->limits, sizeof a->limits) == 0);
    CHECK(a->nice == b->nice);
    CHECK(a->blas_threads == b->blas_threads);
    CHECK(a->omp_threads == b->omp_threads);
}

/* A locale with a decimal comma, made here when the machine has none; "" when that cannot be. */
static const char *comma_locale(const char *folder)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "sv_SE.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_ALL, names[i])) return names[i];
    char command[8400];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    if (system(command) == 0) {
        setenv("LOCPATH", folder, 1);
        if (setlocale(LC_ALL, "de_DE.UTF-8")) return "de_DE.UTF-8";
    }
    return "";
}

int main(int argc, char **argv)
{
    if (argc != 4) return 2;
    char path[4096];

    /* a host with modes of its own, which must survive */
    const char *locale = comma_locale(argv[3]);
    const bool has_blas = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_GLOBAL) != NULL;
    const bool has_omp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_GLOBAL) != NULL;
    umask(027);
    fesetround(FE_TONEAREST);
    sigset_t usr;
    sigemptyset(&usr);
    sigaddset(&usr, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &usr, NULL);

    void *handle;
    const llm_api *api = host_load(argv[1], RTLD_NOW | RTLD_LOCAL, &handle);
    host_session(api, NULL, argv[2]); /* what libc opens once (/dev/urandom, locale files) is open now */

    snprintf(path, sizeof path, "%s/quiet.txt", argv[3]);
    int log = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600), out = dup(1), err = dup(2);
    CHECK(log >= 0 && out >= 0 && err >= 0);
    fflush(NULL);
    CHECK(dup2(log, 1) == 1 && dup2(log, 2) == 2);
    char corpus[4096];
    snprintf(corpus, sizeof corpus, "%s/quiet.sextant", argv[3]);
    remove(corpus);
    const process_state before = look();
    host_session(api, corpus, argv[2]);
    llm_model *model = NULL;
    llm_error why;
    api->error_init(&why, sizeof why);
    CHECK(api->model_load(&model, "/nonexistent/model.gguf", NULL, &why) ==
          LLM_E_NOT_FOUND); /* failures are silent too */
    CHECK(api->model_load(&model, path, NULL, &why) == LLM_E_FORMAT);
    const process_state after = look();
    fflush(NULL);
    CHECK(dup2(out, 1) == 1 && dup2(err, 2) == 2);
    compare(&before, &after);
    off_t written = lseek(log, 0, SEEK_END);
    if (written != 0) {
        char said[512] = {0};
        ssize_t n = pread(log, said, sizeof said - 1, 0);
        fprintf(stderr, "the library wrote %zd bytes to fd 1 or 2: %s\n", n, said);
        return 1;
    }
    struct stat st;
    CHECK(stat(corpus, &st) == 0);
    CHECK((st.st_mode & 07) == 0); /* the host's umask rules */
    remove(corpus);
    remove(path);
    CHECK(dlclose(handle) == 0);
    printf("silent and without traces (locale %s, OpenBLAS %s, OpenMP %s)\n",
           locale[0] ? locale : "SKIP: none with a comma", has_blas ? "watched" : "SKIP: absent",
           has_omp ? "watched" : "SKIP: absent");
    return 0;
}
