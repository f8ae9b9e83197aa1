/* waymark.c - the program: a table of commands. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/parse/keywords.h"
#include "tools/cmd.h"

#define PROGRAM "waymark "

static const struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *arguments;
	const char *help;
	const char *more;	/* the rest of `waymark NAME --help` */
} commands[] = {
	{ "check", cmd_check, "[--print] [--resolve] POLICY",
	  "read a policy, warn, run its expect lines",
	  "  --print           print the policy in its canonical form instead\n"
	  "  --resolve         ask the DNS for names among addresses; else\n"
	  "                    what is remembered of them counts\n"
	  "  --state-dir DIR   where that is; else /var/lib/waymark\n"
	  "\n"
	  "Exit status 0: good (warnings or not); 1: errors, or an\n"
	  "expectation that does not hold.\n" },
	{ "explain", cmd_explain, "POLICY FLOW...",
	  "which line decides a flow, and what the kernel then does",
	  "FLOW is written as in an expect line, without its end:\n"
	  "  waymark explain office.policy "
	  "tcp 192.168.1.9 '>' 198.51.100.7:443 host example.com\n"
	  "'>' may be left out. What may follow: host NAME, app NAME,\n"
	  "alpn NAME, ja4 PRINT, ech, dscp NAME, tos NUMBER, in INTERFACE,\n"
	  "length BYTES, uid NUMBER.\n"
	  "\n"
	  "  --resolve         ask the DNS for names among addresses; else\n"
	  "                    what is remembered of them counts\n"
	  "  --state-dir DIR   where that is, and what was learned\n" },
	{ "replay", cmd_replay, "[OPTIONS] POLICY PCAP...",
	  "classify captures as the live engine would",
	  "  --json            one JSON object a line for each flow\n"
	  "  --packets         every packet with its mark instead of flows\n"
	  "  --filter EXPR     only packets that this tcpdump filter takes\n"
	  "  --in INTERFACE    where packets are taken to arrive\n"
	  "  --decap           the flows inside tunnels\n"
	  "  --threads N       1: one alone; 2: one reads ahead; more, up to 9, if\n"
	  "                    the policy learns nothing: the others share the\n"
	  "                    flows. All tell the same (default: as is best)\n"
	  "  --warm            read twice: tell what is so with what the first\n"
	  "                    reading taught\n"
	  "  --resolve         ask the DNS for names among addresses\n"
	  "  --state-dir DIR   where what is remembered of them is\n"
	  "\n"
	  "A PCAP of '-' is standard input. Exit status 1 when a capture\n"
	  "could not be read to its end; what was read is printed. Where\n"
	  "standard error is a terminal, a line tells how far a long one is.\n" },
	{ "test", cmd_test, "[--bless] DIR...",
	  "run folders of replay cases, print TAP",
	  "A case is a folder with case.policy, input.pcap, expect.txt.\n"
	  "  --bless   write expect.txt instead of comparing\n" },
	{ "setup", cmd_setup, "[OPTIONS] POLICY",
	  "set up the kernel: tables, rules, the diversion",
	  "  --dry-run         print an nft script and ip commands instead\n"
	  "  --diff            print what would be changed instead\n"
	  "  --check           the same, and exit 1 when there is something\n"
	  "  --resolve         with these: ask the DNS for names, too\n"
	  "  --state-dir DIR   where the journal is kept\n"
	  "\n"
	  "Setting up twice changes nothing. 'waymark down' undoes it.\n" },
	{ "run", cmd_run, "POLICY",
	  "run the engine in the foreground",
	  "Binds the queues that the policy names and changes nothing else.\n"
	  "Ends by SIGINT or SIGTERM; SIGHUP reloads the policy.\n"
	  "  --state-dir DIR   where the engine's lock is kept\n" },
	{ "up", cmd_up, "POLICY",
	  "set up the kernel, then run the engine",
	  "Keeps the set-up true meanwhile, and logs what it put back.\n"
	  "Stays in the foreground until SIGINT or SIGTERM. The set-up stays\n"
	  "then, so that settled flows keep their uplink: see 'waymark down'.\n"
	  "SIGHUP reloads the policy.\n"
	  "  --state-dir DIR   where journal and lock are kept\n" },
	{ "down", cmd_down, "",
	  "undo what setup or up did to the kernel",
	  "Ends a running engine first. What others changed is left alone.\n"
	  "Flows that an uplink masqueraded end, as nothing translates them.\n"
	  "  --state-dir DIR   where the journal is kept\n" },
	{ "reload", cmd_reload, "",
	  "have the running engine read its policy anew",
	  "What is wrong with it is printed as by 'waymark check', and the old\n"
	  "one stays. Under 'waymark up' the kernel follows. So does SIGHUP.\n"
	  "  --state-dir DIR   that of the engine\n" },
	{ "status", cmd_status, "[--json]",
	  "what the running engine has counted",
	  "  --json            all of it, as one JSON object\n"
	  "  --state-dir DIR   that of the engine\n"
	  "\n"
	  "KEPT and MOVED: flows whose route was known late, when they had\n"
	  "left by another uplink. WAITING, FULL, LOST: the kernel's own word of\n"
	  "the queue.\n" },
	{ "flows", cmd_flows, "[--json]",
	  "flows that are not settled, and what they wait for",
	  "  --json            one JSON object a line for each flow\n"
	  "  --state-dir DIR   that of the engine\n" },
	{ "top", cmd_top, "[-n COUNT]",
	  "the status, again each second, with rates",
	  "  -n COUNT          so many times, then end\n"
	  "  --state-dir DIR   that of the engine\n"
	  "\n"
	  "Where standard output is no terminal: a line of rates each second.\n" },
	{ "metrics", cmd_metrics, "",
	  "what was counted, in Prometheus' text format",
	  "  --state-dir DIR   that of the engine\n" },
	{ "exempt", cmd_exempt, "add|del|list ...",
	  "leave a host alone on the running system",
	  "  exempt add [from|to] HOST [by rule] [for TIME]\n"
	  "  exempt del HOST\n"
	  "  exempt list\n"
	  "\n"
	  "HOST is an address, a prefix, a range or a name, which is looked up\n"
	  "once. TIME is a number and s, m, h or d. Exemptions outlive the\n"
	  "engine, in the file exempt.json below /var/lib/waymark.\n"
	  "  --state-dir DIR   that of the engine; keeps them in DIR\n" },
	{ "uplink", cmd_uplink, "[up|down|auto NAME]",
	  "which uplinks are in use, and to take one out",
	  "'down' takes it for dead, whatever link and probes say; 'up' for\n"
	  "alive; 'auto' goes by its probes again. Holds until 'auto' or\n"
	  "'waymark down'. Without a name, lists all with who carries them.\n"
	  "  --state-dir DIR   where the journal is kept\n" },
	{ "learned", cmd_learned, "[HOST]",
	  "what DNS answers and flows taught",
	  "HOST is an address or a name; all that is below a name counts.\n"
	  "What is listed is what an engine saved when it stopped.\n"
	  "  --state-dir DIR   where it is kept; else /var/lib/waymark\n" },
	{ "doctor", cmd_doctor, "[--probe] [POLICY]",
	  "what kernel and settings here lack, and the mend",
	  "Each line is ok, warning or error; what can be done about it is in\n"
	  "the line below. Changes nothing. Exit status 1 with an error.\n"
	  "  --probe           send a packet by each uplink of a policy that is\n"
	  "                    set up\n"
	  "  --state-dir DIR   where its journal is kept\n" },
	{ "hints", cmd_hints, "",
	  "print the applications that payload can tell", "" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fprintf(out, "waymark decides by which uplink each flow leaves this "
		"router.\n\nusage: waymark COMMAND ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %-26s %s\n", commands[i].name,
			commands[i].arguments, commands[i].help);
	fprintf(out, "\n'waymark COMMAND --help' tells more. "
		"Manuals: waymark(8), waymark.policy(5).\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int cmd_usage(const char *name)
{
	const struct command *c;

	if (strncmp(name, PROGRAM, strlen(PROGRAM)) == 0)
		name += strlen(PROGRAM);
	c = find_command(name);
	fprintf(stderr, "usage: waymark %s%s%s\n", name,
		c != NULL && c->arguments[0] != '\0' ? " " : "",
		c != NULL ? c->arguments : "");
	fprintf(stderr, "'waymark %s --help' tells more.\n", name);
	return EXIT_USAGE;
}

static bool asks_for_help(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int print_help(const struct command *c)
{
	printf("usage: waymark %s%s%s\n\n%s.\n", c->name,
	       c->arguments[0] != '\0' ? " " : "", c->arguments, c->help);
	if (c->more[0] != '\0')
		printf("\n%s", c->more);
	return EXIT_SUCCESS;
}

static int report_unknown(const char *name)
{
	struct nearest nearest = { .word = name, .word_len = strlen(name) };

	for (size_t i = 0; i < COMMANDS; i++)
		nearest_offer(&nearest, commands[i].name);
	fprintf(stderr, "waymark: there is no command '%s'", name);
	if (nearest.best != NULL)
		fprintf(stderr, "; did you mean '%s'?\n", nearest.best);
	else
		fputs("; 'waymark --help' lists them\n", stderr);
	return EXIT_USAGE;
}

/* An answer that nobody got is none: a full disk, a closed descriptor. */
static int finish(const struct command *c, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "waymark %s: standard output: %s\n", c->name,
		strerror(errno));
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	const struct command *c;
	char name[32];

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		c = argc > 2 ? find_command(argv[2]) : NULL;
		if (c != NULL)
			return print_help(c);
		print_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("waymark %s\n", WAYMARK_VERSION);
		return EXIT_SUCCESS;
	}
	c = find_command(argv[1]);
	if (c == NULL)
		return report_unknown(argv[1]);
	if (asks_for_help(argc - 1, argv + 1))
		return print_help(c);
	snprintf(name, sizeof(name), PROGRAM "%s", c->name);
	argv[1] = name;
	return finish(c, c->run(argc - 1, argv + 1));
}
