/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waymark.c - dispatch to the command that the first argument names. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/parse/keywords.h"
#include "tools/cmd.h"
#include "tools/language.h"

#define PROGRAM "waymark "

static const struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *arguments;
	const char *help;
	const char *more;	/* the rest of `waymark NAME --help` */
} commands[] = {
	{ "check", cmd_check, "[OPTIONS] POLICY",
	  "read a policy, print warnings, evaluate its expect lines",
	  "  --overlaps        also warn of routes that lose some of their flows\n"
	  "                    to a route above\n"
	  "  --json            print errors and warnings as JSON, for editors\n"
	  "  --fix             write the words that messages propose to the\n"
	  "                    files, then check\n"
	  "  --print           print the policy in its canonical form instead\n"
	  "  --resolve         query the DNS for host names in address lists;\n"
	  "                    default: use the stored addresses\n"
	  "  --state-dir DIR   where they are stored (/var/lib/waymark)\n"
	  "\n"
	  "Exit status: 0 if the policy is valid, even with warnings; 1 if it\n"
	  "has errors or an expectation does not hold.\n" },
	{ "explain", cmd_explain, "[OPTIONS] POLICY FLOW...",
	  "show which line decides a flow, and the route it takes",
	  "FLOW is written like an expect line without its outcome:\n"
	  "  waymark explain office.policy "
	  "tcp 192.0.2.9 198.51.100.7:443 host example.com\n"
	  "It may be followed by: host NAME, app NAME, alpn NAME,\n"
	  "ja4 FINGERPRINT, ech, dscp NAME, tos NUMBER, in INTERFACE,\n"
	  "length BYTES, uid NUMBER.\n"
	  "\n"
	  "  --resolve         query the DNS for host names in address lists\n"
	  "  --state-dir DIR   the directory of the daemon's state\n" },
	{ "replay", cmd_replay, "[OPTIONS] POLICY CAPTURE...",
	  "classify the flows of captures as the daemon would",
	  "  --json            print one JSON object per flow and line\n"
	  "  --csv             print a table for spreadsheets instead\n"
	  "  --html FILE       write a page for browsers instead: traffic over\n"
	  "                    time, late flows, what each line decides\n"
	  "  --packets         print each packet with its mark instead\n"
	  "  --filter EXPR     read only packets that match, see "
	  "pcap-filter(7)\n"
	  "  --in INTERFACE    assume that packets arrive on this interface\n"
	  "  --decap           classify the flows inside tunnels\n"
	  "  --threads N       use up to 9 threads; the output is the same\n"
	  "                    (default: the number of processors; at most 2\n"
	  "                    if the policy learns)\n"
	  "  --warm            read twice and report the second pass, which\n"
	  "                    starts with what the first one learned\n"
	  "  --resolve         query the DNS for host names in address lists\n"
	  "  --state-dir DIR   where their addresses are stored\n"
	  "\n"
	  "A CAPTURE of '-' is standard input. The exit status is 1 if a\n"
	  "capture could not be read to its end; what was read is printed.\n"
	  "If standard error is a terminal, it shows the progress.\n" },
	{ "diff", cmd_diff, "[OPTIONS] OLD NEW [CAPTURE...]",
	  "list the flows that two policies treat differently",
	  "Compares the policies for all possible flows: what differs is\n"
	  "printed as conditions, with both outcomes and lines, and a flow as\n"
	  "'waymark explain' takes it. No output proves that nothing changes.\n"
	  "With captures, sums up their flows that change instead.\n"
	  "  --json            print a JSON object per difference and line;\n"
	  "                    with captures, one object\n"
	  "  --in INTERFACE    assume that packets arrive on this interface\n"
	  "  --resolve         query the DNS for host names in address lists\n"
	  "  --state-dir DIR   where their addresses are stored\n"
	  "\n"
	  "Exit status: 0 if nothing differs, 1 if something does, 2 if a\n"
	  "policy or capture has errors.\n" },
	{ "query", cmd_query, "[OPTIONS] POLICY QUERY...",
	  "list the flows that take an uplink or match a condition",
	  "QUERY is a condition, 'via UPLINK', 'drop' or 'exempt', or both:\n"
	  "  waymark query office.policy via cheap and not from 10.0.0.0/8\n"
	  "'first via UPLINK' asks for the first packet only. All possible\n"
	  "flows are considered; each line of flows is followed by their\n"
	  "outcome, the line that decides and one of them.\n"
	  "  --json            print a JSON object per outcome and line\n"
	  "  --resolve         query the DNS for host names in address lists\n"
	  "  --state-dir DIR   where their addresses are stored\n"
	  "\n"
	  "Exit status: 0 if there are such flows, 1 if there are none, 2 if\n"
	  "the policy or the query has errors.\n" },
	{ "suggest", cmd_suggest, "[OPTIONS] CAPTURE... [POLICY]",
	  "suggest lines for a policy from the flows of captures",
	  "Prints lines to paste: the hosts, applications and servers that\n"
	  "carried most, each with its share, how many of its flows the line\n"
	  "catches from the first packet, and an expect line. With POLICY, whose\n"
	  "name has to end in .policy, only flows that its default decides.\n"
	  "  --via UPLINK      the uplink to write (main)\n"
	  "  --rows N          the N largest of each kind (10)\n"
	  "  --in INTERFACE    assume that packets arrive on this interface\n"
	  "  --state-dir DIR   the directory of the daemon's state\n" },
	{ "test", cmd_test, "[--bless] DIR...",
	  "run replay cases, print TAP",
	  "A case is a directory with case.policy, input.pcap and "
	  "expect.txt.\n"
	  "  --bless   write expect.txt instead of comparing with it\n" },
	{ "setup", cmd_setup, "[OPTIONS] POLICY",
	  "set up routing tables, rules and nftables, without the engine",
	  "  --dry-run         print an nft script and ip commands instead\n"
	  "  --diff            print what would be changed instead\n"
	  "  --check           the same, and exit with 1 if there is a change\n"
	  "  --guard           before the network starts: only if an uplink is\n"
	  "                    strict; interfaces may be missing\n"
	  "  --resolve         with these options, query the DNS, too\n"
	  "  --state-dir DIR   the directory of the journal\n"
	  "\n"
	  "A second set-up of the same policy changes nothing. 'waymark down'\n"
	  "undoes it.\n" },
	{ "run", cmd_run, "[OPTIONS] POLICY",
	  "run the engine in the foreground, without the set-up",
	  "Binds the queues of the policy and changes nothing else in the\n"
	  "kernel. SIGINT or SIGTERM ends it; SIGHUP reloads the policy.\n"
	  "  --state-dir DIR   the directory of the engine's lock\n"
	  "  -v, --verbose     log debug messages, too\n" },
	{ "up", cmd_up, "[OPTIONS] POLICY",
	  "set up the kernel, run the engine, watch the uplinks",
	  "Restores what other programs change in the set-up, and logs it.\n"
	  "Runs in the foreground until SIGINT or SIGTERM. The set-up stays,\n"
	  "so that settled flows keep their uplinks; 'waymark down' removes\n"
	  "it. SIGHUP reloads the policy.\n"
	  "  --events-dir DIR  run the programs there when an uplink changes\n"
	  "                    (/etc/waymark/events.d)\n"
	  "  --state-dir DIR   the directory of journal and lock\n"
	  "  -v, --verbose     log debug messages, too\n" },
	{ "down", cmd_down, "[OPTIONS]",
	  "stop the engine and undo the set-up",
	  "What other programs changed is left alone. Flows that an uplink\n"
	  "masquerades end, because the kernel stops translating them.\n"
	  "  --state-dir DIR   the directory of the journal\n" },
	{ "reload", cmd_reload, "[OPTIONS] [POLICY]",
	  "make the running engine read its policy again, or another one",
	  "A policy with errors is refused: the errors are printed, the old\n"
	  "policy stays in force, and the exit status is 1. Under 'waymark\n"
	  "up' the kernel follows. SIGHUP does the same without POLICY.\n"
	  "POLICY is in force until the engine ends; later reloads read it.\n"
	  "  --for TIME        go back to the former policy after TIME, such as\n"
	  "                    5m, unless 'waymark confirm' is called\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "While a policy is on trial, a second --for replaces it and begins the\n"
	  "time again; a reload without --for is refused.\n" },
	{ "confirm", cmd_confirm, "[OPTIONS]",
	  "keep the policy that 'reload --for' has put into force",
	  "  --revert          go back to the former policy now instead\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "The exit status is 1 if no policy is on trial.\n" },
	{ "status", cmd_status, "[OPTIONS]",
	  "print the counters of the running engine",
	  "  --json            print all of them as one JSON object\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "KERNEL: flows that the kernel decided by headers. ENGINE: flows\n"
	  "that the engine settled. KEPT, MOVED: flows identified late, when\n"
	  "they had started on another uplink. WAITING, FULL, LOST: packets\n"
	  "in the queue, and packets that a full queue or socket refused.\n" },
	{ "flows", cmd_flows, "[OPTIONS]",
	  "list the flows: client, server, host, class, line, uplink, bytes",
	  "  --client CLIENT   of this address, prefix or name\n"
	  "  --uplink UPLINK   via this uplink, or main or drop\n"
	  "  --class CLASS     of this class of the policy\n"
	  "  --host HOST       to this host and the names below it\n"
	  "  --app APP         of this application\n"
	  "  --line LINE       decided by this line of the policy: 12, or\n"
	  "                    home.policy:12\n"
	  "  --unsettled       only flows that are still inspected\n"
	  "  --by KEY          add up flows, packets and bytes by client,\n"
	  "                    server, host, app, uplink, class or line\n"
	  "  --sort KEY        by bytes (default), packets, rate, flows (with\n"
	  "                    --by), age, client, server, app, host, class,\n"
	  "                    line or uplink; rate takes a second\n"
	  "  --rows N          print the first N only\n"
	  "  --watch           print again every second, with rates\n"
	  "  -n COUNT          with --watch, end after COUNT times\n"
	  "  --leases FILE     take names of clients from this hosts or lease\n"
	  "                    file instead of the usual ones; may be repeated\n"
	  "  --json            print one JSON object per flow and line\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "WAITS FOR: what could still change the uplink of a flow that is not\n"
	  "settled. KNOWN BY: payload of the flow, a dns answer that its client\n"
	  "received, earlier flows to the server, or headers, which the kernel\n"
	  "decided by.\n" },
	{ "events", cmd_events, "[OPTIONS]",
	  "follow what happens: uplinks, reloads, repairs, exemptions, flows",
	  "  --flows           flows that are settled, too\n"
	  "  -n COUNT          end after COUNT events\n"
	  "  --json            print one JSON object per event and line\n"
	  "  --state-dir DIR   the directory that the engine uses\n" },
	{ "records", cmd_records, "[OPTIONS]",
	  "print a JSON object for each flow that ends, or send it by IPFIX",
	  "  --ipfix URL       send records to this collector instead:\n"
	  "                    tcp://HOST[:PORT] or udp://HOST[:PORT], port\n"
	  "                    4739 if none is given\n"
	  "  --domain N        the observation domain of IPFIX (default 1)\n"
	  "  -n COUNT          end after COUNT flows\n"
	  "  --state-dir DIR   the directory that the engine uses\n" },
	{ "top", cmd_top, "[OPTIONS]",
	  "watch what uplinks, classes, routes, clients, ... carry",
	  "  --by KIND         begin with uplink (default), class, route, app,\n"
	  "                    client or host\n"
	  "  --sort KEY        by rate (default), bytes, packets, active (flows\n"
	  "                    now) or flows (all)\n"
	  "  --rows N          the first N, up to 100\n"
	  "  -n COUNT          end after COUNT times\n"
	  "  --json            print one JSON object a second\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "Keys: Tab or u, c, r, a, l, n select the table, < and > the column\n"
	  "to sort by, s the status, h help, q quits. If standard output is\n"
	  "not a terminal: the table of --by, or one line of rates a second.\n"
	  "'queued/s' counts the packets that the engine receives.\n" },
	{ "history", cmd_history, "[OPTIONS]",
	  "print what uplinks and classes carried, up to a year ago",
	  "  --last TIME       this long ago until now: 30s, 5m (default), 2h,\n"
	  "                    7d; seconds for an hour, minutes for a day,\n"
	  "                    hours for a year\n"
	  "  --step TIME       a line for each TIME; default: 30 lines\n"
	  "  --by KIND         uplink or class only\n"
	  "  --json            print one JSON object\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "No engine has to run.\n" },
	{ "metrics", cmd_metrics, "[OPTIONS]",
	  "print the counters in the Prometheus text format",
	  "  --state-dir DIR   the directory that the engine uses\n" },
	{ "web", cmd_web, "[OPTIONS]",
	  "serve a page for browsers that shows all of this",
	  "  --listen ADDRESS  ADDRESS:PORT (127.0.0.1:8119), [ADDRESS]:PORT or\n"
	  "                    unix:PATH\n"
	  "  --host NAME       also answer browsers that use this name, such as\n"
	  "                    that of a proxy in front; may be repeated\n"
	  "  --allow CHANGES   uplink: force uplinks up or down; exempt: add and\n"
	  "                    remove exemptions; or exempt,uplink. Prints an\n"
	  "                    address with a token, which changes need\n"
	  "  --state-dir DIR   the directory that the engine uses\n"
	  "\n"
	  "Without --allow, the page changes nothing. The process that serves it\n"
	  "has no privileges.\n" },
	{ "exempt", cmd_exempt, "add|del|list ...",
	  "exempt a host from the policy while the daemon runs",
	  "  exempt add [from|to] HOST [by rule] [for TIME]\n"
	  "  exempt del HOST\n"
	  "  exempt list\n"
	  "\n"
	  "HOST is an address, a prefix, a range or a name, which is resolved\n"
	  "once. TIME is a number followed by s, m, h or d. Exemptions survive\n"
	  "a restart, in the file exempt.json in /var/lib/waymark.\n"
	  "  --state-dir DIR   the directory that the engine uses\n" },
	{ "uplink", cmd_uplink, "[up|down|auto NAME]",
	  "list the uplinks, or force one up or down",
	  "'down' treats an uplink as down, so that its traffic fails over;\n"
	  "'up' treats it as up, whatever its probes report; 'auto' follows\n"
	  "its probes again. A forced state lasts until 'auto' or 'waymark\n"
	  "down'. Without arguments, list the uplinks and, for each address\n"
	  "family, which uplink carries the traffic.\n"
	  "  --state-dir DIR   the directory of the journal\n" },
	{ "learned", cmd_learned, "[HOST]",
	  "list what was learned from DNS answers and flows",
	  "HOST is an address, or a name, which includes all names below it.\n"
	  "The list is what an engine saved when it stopped.\n"
	  "  --state-dir DIR   where it is saved (/var/lib/waymark)\n" },
	{ "doctor", cmd_doctor, "[--probe] [POLICY]",
	  "check kernel, settings and other programs for conflicts",
	  "Each line starts with ok, warning or error; the line below it has\n"
	  "the fix. Changes nothing. The exit status is 1 if there is an error.\n"
	  "  --probe           send a packet via each uplink of a policy that\n"
	  "                    is set up\n"
	  "  --state-dir DIR   the directory of its journal\n" },
	{ "hints", cmd_hints, "",
	  "list the applications that payload can identify", "" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fprintf(out, "waymark selects an uplink for each flow of this router.\n\n"
		"usage: waymark COMMAND ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name,
			commands[i].help);
	fprintf(out, "\n'waymark help COMMAND' lists its options, 'waymark help "
		"policy' the words\nof a policy. "
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
	fprintf(stderr, "'waymark help %s' lists its options.\n", name);
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
	fprintf(stderr, "waymark: unknown command '%s'", name);
	if (nearest.best != NULL)
		fprintf(stderr, "; did you mean '%s'?\n", nearest.best);
	else
		fputs("; 'waymark help' lists them\n", stderr);
	return EXIT_USAGE;
}

/* Output that was not written is a failure: a full disk, a closed pipe. */
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
		if (argc > 2 && strcmp(argv[2], "policy") == 0) {
			language_print(stdout);
			return EXIT_SUCCESS;
		}
		c = argc > 2 ? find_command(argv[2]) : NULL;
		if (c != NULL)
			return print_help(c);
		if (argc > 2)
			return report_unknown(argv[2]);
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
