#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "base/hash.h"

static const struct {
    const char *name, *args, *what;
    int (*run)(int n, char **args);
} COMMANDS[] = {
    {"serve", "[--link]", "Run the server; --link prints a link that opens the dashboard logged in", command_serve},
    {"import", "crm --events F --contracts F", "Read CRM exports in; prints what was kept, repeated, rejected",
     command_import},
    {"import", "ads --file F [--source S] [--account A] [--mapping JSON]",
     "Read a file of ad data in; prints what was inserted, replaced, rejected", command_import},
    {"demo", "[--seed N] [--people N] [--events N]", "Make a web history with a known truth and read it in",
     command_demo},
    {"attribute", "FILE.csv [--order 1..4] [--json]", "Every attribution model over a table of paths, side by side",
     command_attribute},
    {"connect", "test NAME | pull NAME [--from D --to D] | check FILE.json",
     "Ask a connected platform and say how it is; bring its days; look an adapter's file over", command_connect},
    {"rebuild", "", "Make the facts again from the raw log alone", command_rebuild},
    {"token", "--name TEXT [--role read|admin]", "Make a token for the API; it is shown once", command_token},
    {"openapi", "", "Print the API as OpenAPI 3.1", command_openapi},
    {"migrate", "[--to N]", "Bring the database to a schema version, up or down", command_migrate},
};

static int help(FILE *out)
{
    size_t n;
    const struct setting *settings = settings_table(&n);

    fprintf(out, "demetra %s -- which channel, campaign and creative brought the money\n\ncommands\n", DEMETRA_VERSION);
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++)
        fprintf(out, "  demetra %s %s\n      %s\n", COMMANDS[i].name, COMMANDS[i].args, COMMANDS[i].what);
    fprintf(out, "\nsettings (environment, or .env in the working folder)\n");
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %-26s %s%s%s%s\n", settings[i].name, settings[i].help, settings[i].fallback[0] ? " [" : "",
                settings[i].fallback, settings[i].fallback[0] ? "]" : "");
    return out == stdout ? 0 : 2;
}

int main(int n, char **args)
{
    hash_start();
    if (n < 2) return help(stderr);
    if (strcmp(args[1], "--help") == 0 || strcmp(args[1], "help") == 0) return help(stdout);
    if (strcmp(args[1], "--version") == 0) return printf("demetra %s\n", DEMETRA_VERSION) < 0;
    if (option_given(n - 2, args + 2, "--help")) return help(stdout);
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++)
        if (strcmp(args[1], COMMANDS[i].name) == 0) return COMMANDS[i].run(n - 2, args + 2);
    fprintf(stderr, "demetra: there is no command \"%s\"; `demetra --help` lists them\n", args[1]);
    return 2;
}
