/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue_holder.c - find which program holds a queue.
 *
 * The kernel reports the port of the netlink socket. It is the process ID only
 * for the first netlink socket of a process (netlink_autobind(),
 * af_netlink.c), so the process is found by the inode of the socket.
 */
#include "engine/nfqueue/queue_holder.h"

#include <dirent.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN (64 + sizeof(((struct dirent *)0)->d_name))

uint32_t queue_holder_port(uint16_t queue)
{
	FILE *file = fopen("/proc/net/netfilter/nfnetlink_queue", "re");
	uint32_t holder = 0;
	unsigned int number;
	uint32_t port;

	if (file == NULL)
		return 0;
	while (fscanf(file, "%u %" SCNu32 "%*[^\n]", &number, &port) == 2)
		if (number == queue)
			holder = port;
	fclose(file);
	return holder;
}

/* Columns: sk, Eth (the protocol), Pid (the port), Groups, Rmem, Wmem, Dump,
 * Locks, Drops, Inode. 0: there is none. */
static unsigned long inode_of(uint32_t port)
{
	FILE *file = fopen("/proc/net/netlink", "re");
	unsigned long inode, found = 0;
	unsigned int protocol;
	char line[256];
	uint32_t other;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*s %u %" SCNu32 " %*s %*s %*s %*s %*s %*s "
			   "%lu", &protocol, &other, &inode) == 3 &&
		    protocol == NETLINK_NETFILTER && other == port)
			found = inode;
	if (file != NULL)
		fclose(file);
	return found;
}

static bool has_open(pid_t pid, const char *wanted)
{
	char path[PATH_LEN], target[64];
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	while (fds != NULL && !found && (entry = readdir(fds)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid,
			 entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	if (fds != NULL)
		closedir(fds);
	return found;
}

static void read_name(pid_t pid, char *name, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	name[0] = '\0';
	if (file == NULL)
		return;
	if (fgets(name, (int)size, file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

pid_t queue_holder_process(uint32_t port, char *name, size_t size)
{
	unsigned long inode = inode_of(port);
	struct dirent *entry;
	char wanted[64];
	pid_t found = 0;
	DIR *processes;

	if (inode == 0)
		return 0;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	processes = opendir("/proc");
	while (processes != NULL && found == 0 &&
	       (entry = readdir(processes)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && has_open(pid, wanted))
			found = pid;
	}
	if (processes != NULL)
		closedir(processes);
	if (found != 0)
		read_name(found, name, size);
	return found;
}
