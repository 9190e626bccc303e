/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cli.h"

#include <string.h>

static const char main_help[] =
    "Runs code that nobody trusts in a sandbox and tells exactly what happened.\n"
    "\n"
    "Usage: codeexec [GLOBAL OPTIONS] COMMAND [OPTIONS]\n"
    "\n"
    "Commands:\n"
    "  run         run a program: a file, standard input or -c CODE\n"
    "  languages   list the languages, their versions, and what is missing for the others\n"
    "  doctor      examine what this machine and this user can do, with remedies\n"
    "  check       run the self-tests of the installed languages\n"
    "  lint        check executor manifests (YAML)\n"
    "  layer       build and list what programs may depend on\n"
    "  prebuild    make ahead what speeds up languages: precompiled headers, class data archives\n"
    "  version     print the version\n"
    "\n"
    "Examples:\n"
    "  codeexec run hello.py\n"
    "  codeexec run -l python -c 'print(1)'\n"
    "  codeexec run --limit timeout=2s --limit memory=64MiB --json solution.c\n"
    "  codeexec doctor\n"
    "\n"
    "'codeexec COMMAND --help' tells more about each.\n";

static const char global_help[] =
    "\n"
    "Global options, before or after the command:\n"
    "  -h, --help                show this help\n"
    "  -V, --version             print the version\n"
    "  -v, --verbose             tell on stderr what the library logs\n"
    "      --executors-dir DIR   look for executors in DIR instead of the installed directory; repeatable\n"
    "                            (or CODEEXEC_EXECUTORS_DIR, several separated by ':')\n"
    "      --plugin-dir DIR      likewise for executor plugins (or CODEEXEC_PLUGIN_DIR)\n"
    "      --runtimes-dir DIR    where runtimes that are no Debian packages are (or CODEEXEC_RUNTIMES_DIR)\n"
    "      --supervisor PATH     use this supervisor, for build trees (or CODEEXEC_SUPERVISOR)\n"
    "      --cgroup DIR          use this cgroup, which is delegated to us, instead of finding one\n"
    "      --allow-missing NAME  go on without this protection where the machine lacks it; repeatable\n"
    "      --disable NAME        do not apply this protection at all, for tests; repeatable\n"
    "\n"
    "As an ordinary user, codeexec needs a cgroup to set limits on. Where there is none but a systemd user\n"
    "manager, it runs itself again, once, as 'systemd-run --user --scope -p Delegate=yes -- codeexec ...'.\n";

static const char run_help[] =
    "Runs one program in a sandbox of its own, without network and with hard limits.\n"
    "\n"
    "Usage: codeexec run [OPTIONS] FILE [-- ARGS...]\n"
    "       codeexec run [OPTIONS] -c CODE [-- ARGS...]\n"
    "       codeexec run [OPTIONS] - [-- ARGS...]        (the program is read from standard input)\n"
    "\n"
    "What to run:\n"
    "  -l, --language LANG       name or alias, with @RUNTIME if there are several (c@clang); without it "
    "the\n"
    "                            file's extension decides, else its #! line\n"
    "  -c, --code CODE           the program itself\n"
    "      --stdin FILE          the program's standard input ('-': all of ours, also with --json). Without "
    "it our\n"
    "                            own standard input is passed on as it comes, except with --json, with "
    "which\n"
    "                            it is empty, and when the program is read from there\n"
    "  -o, --option NAME=VALUE   chooses what the language offers, for instance std=c11; repeatable\n"
    "      --env NAME=VALUE      adds to the program's environment, which is not ours; repeatable\n"
    "      --file PATH[:NAME]    a further file for the work directory, there called NAME; repeatable\n"
    "      --dependency NAME[@VERSION]  a package of a layer ('codeexec layer --help'), or debian:NAME; repeatable\n"
    "      --output NAME         bring this file back, or all that match a glob ('*.png'); repeatable\n"
    "      --output-dir DIR      write them there (with --json they are also in the object)\n"
    "\n"
    "What it may do:\n"
    "      --limit KEY=VALUE     repeatable; defaults in brackets:\n"
    "                              timeout [30s] wall clock      cpu_time [30s] of all its processes\n"
    "                              memory [256MiB] with files    processes [32] threads count too\n"
    "                              file_size [10MiB] of a file   disk_space [100MiB] work directory and "
    "/tmp\n"
    "                              output [1MiB] per stream      open_files [256] per process\n"
    "                              stack [64MiB] main thread\n"
    "                            Times take ms, s, min, h (a plain number is seconds); sizes take K, M, G, T "
    "or\n"
    "                            KiB.. (powers of 1024), kB, MB.. (powers of 1000) (a plain number is "
    "bytes)\n"
    "      --compile-limit KEY=VALUE  the same for the compiler, where the language has one\n"
    "      --network none|loopback    loopback: 127.0.0.1 inside the sandbox works [none]\n"
    "      --kill-on-output-limit     end the program at the output limit instead of cutting its output\n"
    "      --allow-weaker        where no cgroup is to be had, make do with rlimits and sampling\n"
    "      --fresh-slots         no cgroup that served before, nothing made ahead\n"
    "\n"
    "What comes out:\n"
    "      --json                print one JSON object with output, status, times, memory, limits and "
    "isolation\n"
    "  Exit status: the program's own; 128+N when signal N ended it; 124 timeout; 123 compilation error; "
    "122\n"
    "  another limit; 125 an error of codeexec itself. With --json, 'status' tells these apart for certain.\n"
    "  SIGINT and SIGTERM end the program; what it wrote is still printed, and the exit status is 130 or "
    "143.\n"
    "\n"
    "Examples:\n"
    "  codeexec run hello.py -- first second          arguments for the program\n"
    "  echo 5 | codeexec run square.c                 its standard input\n"
    "  codeexec run -l bash - < script                the program from standard input\n"
    "  codeexec run plot.py --file data.csv --output '*.png' --output-dir out\n"
    "  codeexec run -l c@clang --limit timeout=2s --limit memory=64MiB --json a.c | jq .status\n";

static const char languages_help[] =
    "Lists the runtimes of each language with aliases, stages and version, and for those that cannot run, what is missing.\n"
    "The one with a star is taken when none is named.\n"
    "\n"
    "Usage: codeexec languages [--json]\n"
    "\n"
    "Options:\n"
    "      --json                print an array of objects: name, aliases, title, version, stages, "
    "extensions,\n"
    "                            source_name, available, reason, and runtimes, each with its options\n"
    "\n"
    "Examples:\n"
    "  codeexec languages\n"
    "  codeexec languages --json | jq -r '.[] | select(.available) | .name'\n";

static const char doctor_help[] =
    "Builds a real sandbox and tells, for each protection, whether it is in force, why not, and the remedy; "
    "and\n"
    "which backend sets the limits, as which user, and which languages can run.\n"
    "\n"
    "Usage: codeexec doctor [--json] [--allow-weaker]\n"
    "\n"
    "Options:\n"
    "      --json                print one object: ok, system, limits, protections, executors\n"
    "      --allow-weaker        judge as 'run --allow-weaker' would\n"
    "\n"
    "Exit status: 0 if programs can be run, 1 if a required protection is missing, 125 if it could not "
    "tell.\n"
    "\n"
    "Examples:\n"
    "  codeexec doctor\n"
    "  codeexec doctor --json | jq '.protections[] | select(.state != \"available\")'\n";

static const char check_help[] = "Runs the self-tests of the languages' manifests, each in a sandbox.\n"
				 "\n"
				 "Usage: codeexec check [--allow-weaker] [LANG...]\n"
				 "       codeexec check --all [-j N] [--json | --markdown] [LANG...]\n"
				 "\n"
				 "      --all                 a table with one row for each runtime, and what it lacks\n"
				 "  -j, --jobs N              as many at once [processors]\n"
				 "      --json, --markdown    the table for programs, or for docs/languages.md\n"
				 "\n"
				 "Without LANG all available languages are checked. Exit status: 0 if all "
				 "tests passed, 1 if one failed or a\n"
				 "manifest is broken, 125 if they could not be run.\n"
				 "\n"
				 "Examples:\n"
				 "  codeexec check\n"
				 "  codeexec check python c@clang\n"
				 "  codeexec check --all -j 2\n";

static const char lint_help[] =
    "Reads executor manifests as a sandbox would and tells of the first mistake in each; of one without mistakes, which\n"
    "kinds of self-tests its runtimes lack, as warnings.\n"
    "\n"
    "Usage: codeexec lint FILE.yaml...\n"
    "\n"
    "Mistakes are written to stderr as FILE:LINE:COLUMN: MESSAGE. Exit status: 0 if all are good, 1 if one "
    "is\n"
    "not, 125 if a file could not be read.\n"
    "\n"
    "Examples:\n"
    "  codeexec lint executors/lua/lua.yaml\n";

static const char layer_help[] =
    "Layers are packages that programs may depend on, built ahead: their archives are fetched by npm or pip, or taken from a\n"
    "directory, their digests checked, and unpacked in a sandbox without network. None of their scripts is run. A program\n"
    "that names a package (run --dependency NAME@VERSION) sees the layer that has it, read-only.\n"
    "\n"
    "Usage: codeexec layer build [--from DIR] [--allow-weaker] LANG NAME@VERSION...\n"
    "       codeexec layer list [LANG]\n"
    "       codeexec layer show ID\n"
    "       codeexec layer gc\n"
    "\n"
    "Options:\n"
    "      --from DIR            take the archives (.tgz, .whl, .gem, .jar) from there; what is not in DIR/SHA256SUMS, if\n"
    "                            there is one, is refused. Without it: npm for javascript and typescript, pip for python;\n"
    "                            other languages need it\n"
    "\n"
    "gc removes layers whose packages are all in newer ones.\n"
    "\n"
    "Examples:\n"
    "  codeexec layer build javascript left-pad@1.3.0\n"
    "  codeexec layer build --from wheels python tiny@1.0\n"
    "  codeexec layer build --from jars java tiny@1.0\n"
    "  codeexec run -l python --dependency tiny@1.0 -c 'import tiny'\n"
    "  codeexec run -l python --dependency debian:python3-numpy -c 'import numpy; print(numpy.eye(2))'\n";

static const char prebuild_help[] =
    "Makes what manifests want made once, when a runtime is installed, and keeps it in the runtimes directory. What is\n"
    "there already, of the same version, is left alone.\n"
    "\n"
    "Usage: codeexec prebuild [--force] [--allow-weaker] [LANG...]\n"
    "\n"
    "Without LANG all available runtimes are gone through.\n"
    "\n"
    "Options:\n"
    "  -f, --force               make it anew\n"
    "      --allow-weaker        where no cgroup is to be had, make do with rlimits and sampling\n"
    "\n"
    "Examples:\n"
    "  codeexec prebuild\n"
    "  codeexec prebuild --force java cpp@gcc\n";

static const char version_help[] = "Prints the versions of the program and of the library it runs with.\n"
				   "\n"
				   "Usage: codeexec version\n";

static const struct {
	const char *command, *text;
} pages[] = {
    {"run", run_help},     {"languages", languages_help}, {"doctor", doctor_help},
    {"check", check_help}, {"lint", lint_help},           {"prebuild", prebuild_help},
    {"layer", layer_help},
    {"version", version_help},
};

int help_print(const char *command)
{
	const char *text = main_help;
	int r;

	for (size_t i = 0; command && i < sizeof(pages) / sizeof(pages[0]); i++)
		if (!strcmp(pages[i].command, command))
			text = pages[i].text;
	r = console_print(text, strlen(text));
	return r ? r : console_print(global_help, strlen(global_help));
}
