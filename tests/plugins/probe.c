/* probe.so: what a plugin may not change in its host, as text, one thing a line. A host that can call C asks probe_state before
 * and after. Into one that cannot it is preloaded with SX_PROBE_FOLDER set: every process then leaves the state in which it
 * ends in a file of that folder, named by its number. */
#include <dirent.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
static char folder[4096];

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) n += e->d_name[0] != '.';
    if (dir) closedir(dir);
    return n;
}

__attribute__((visibility("default"))) const char *probe_state(void)
{
    static char text[16384];
    char *at = text, *end = text + sizeof text, cwd[4096] = "";
    sigset_t blocked;
    unsigned mxcsr = 0;
    unsigned short x87 = 0;
    unsigned long sum = 0;
    const mode_t mask = umask(0);
    umask(mask);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    for (char **e = environ; e && *e; e++)
        for (const char *c = *e; *c; c++) sum = sum * 31 + (unsigned char)*c;
#if defined(__x86_64__)
    mxcsr = __builtin_ia32_stmxcsr() & ~0x3fu; /* the modes, without the sticky flags */
    __asm__ volatile("fnstcw %0" : "=m"(x87));
#endif
    at += snprintf(
        at, (size_t)(end - at), "folder %s\nlocale %s\nenvironment %lx\numask %o\nrounding %d\nmxcsr %x\nx87 %x\n",
        getcwd(cwd, sizeof cwd) ? cwd : "?", setlocale(LC_ALL, NULL), sum, (unsigned)mask, fegetround(), mxcsr, x87);
    at += snprintf(at, (size_t)(end - at), "priority %d\nthreads %d\nfiles %d\n", getpriority(PRIO_PROCESS, 0),
                   entries("/proc/self/task"), entries("/proc/self/fd"));
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit = {0, 0};
        getrlimit((__rlimit_resource_t)i, &limit);
        at += snprintf(at, (size_t)(end - at), "limit %d %lx %lx\n", i, (unsigned long)limit.rlim_cur,
                       (unsigned long)limit.rlim_max);
    }
    for (int i = 1; i <= 64; i++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        if (sigaction(i, NULL, &action) != 0) continue;
        at += snprintf(at, (size_t)(end - at), "signal %d %p flags %x%s\n", i, (void *)action.sa_sigaction,
                       (unsigned)action.sa_flags, sigismember(&blocked, i) ? " blocked" : "");
    }
    return text;
}

__attribute__((constructor)) static void begin(void)
{
    const char *named = getenv("SX_PROBE_FOLDER");
    if (named) snprintf(folder, sizeof folder, "%s", named);
}

__attribute__((destructor)) static void finish(void)
{
    char path[4200];
    if (!folder[0]) return;
    snprintf(path, sizeof path, "%s/%d", folder, (int)getpid());
    const char *state = probe_state();
    FILE *file = fopen(path, "w");
    if (!file) return;
    fputs(state, file);
    fclose(file);
}
