# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# waymark.bash - completion for bash. Commands and options are those that
# `waymark help` prints; uplinks and classes are those of the policy on the
# command line, or else of /etc/waymark.

_waymark_commands()
{
	waymark help 2>/dev/null |
		sed -n 's/^  \([a-z][a-z-]*\)  *[a-z].*/\1/p'
}

# Lines "--option VALUE" of a command; VALUE may be missing.
_waymark_options()
{
	waymark help "$1" 2>/dev/null | sed -n -E \
		-e 's/^  (-[A-Za-z], )?(--[a-z-]+)( [A-Z]+)?( .*)?$/\2\3/p' \
		-e 's/^  (-[A-Za-z]) ([A-Z]+)( .*)?$/\1 \2/p'
}

# _waymark_defined uplink|class: the names that policies define.
_waymark_defined()
{
	local word policies=()
	for word in "${words[@]}"; do
		[[ $word != *.policy || ! -r $word ]] || policies+=("$word")
	done
	[ ${#policies[@]} -gt 0 ] || policies=(/etc/waymark/*.policy)
	sed -n -E "s/^[[:space:]]*$1[[:space:]]+([A-Za-z0-9_-]+).*/\1/p" \
		"${policies[@]}" 2>/dev/null | sort -u
}

_waymark_applications()
{
	waymark hints 2>/dev/null | sed -n -E 's/^([a-z0-9-]+).*/\1/p'
}

_waymark_interfaces() { ls /sys/class/net 2>/dev/null; }

# What a value of this kind can be; empty: anything.
_waymark_values()
{
	case $1 in
	UPLINK) _waymark_defined uplink ;;
	CLASS) _waymark_defined class ;;
	APP) _waymark_applications ;;
	INTERFACE) _waymark_interfaces ;;
	CHANGES) echo exempt uplink exempt,uplink ;;
	esac
}

# The words that may follow the arguments so far; with `files`, names of files,
# too.
_waymark_words()
{
	case $command in
	help) _waymark_commands ;;
	exempt)
		case $arguments in
		0) echo add del list ;;
		*) echo from to by rule for ;;
		esac ;;
	uplink)
		case $arguments in
		0) echo up down auto ;;
		1) _waymark_defined uplink ;;
		esac ;;
	query)
		case $prev in
		via) _waymark_defined uplink ;;
		app) _waymark_applications ;;
		in) _waymark_interfaces ;;
		*) [ "$arguments" = 0 ] || echo via drop exempt first and \
			or not tcp udp icmp host app alpn ja4 ech dscp tos \
			from to sport dport in length uid ;;
		esac ;;
	explain)
		case $prev in
		app) _waymark_applications ;;
		in) _waymark_interfaces ;;
		*) [ "$arguments" = 0 ] || echo tcp udp icmp host app alpn ja4 \
			ech dscp tos in length uid ;;
		esac ;;
	esac
}

_waymark_takes_files()
{
	case $command in
	check|replay|diff|suggest|test|setup|run|up|doctor|reload) return 0 ;;
	explain|query) [ "$arguments" = 0 ] ;;
	*) return 1 ;;
	esac
}

_waymark_complete()
{
	mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_waymark()
{
	local cur prev words cword command='' arguments=0 kind i
	COMPREPLY=()
	words=("${COMP_WORDS[@]}")
	cword=$COMP_CWORD
	cur=${words[cword]}
	prev=${words[cword - 1]}
	if [ "$cword" = 1 ]; then
		_waymark_complete "$(_waymark_commands) help --version --help"
		return
	fi
	command=${words[1]}
	local options
	options=$(_waymark_options "$command")
	for ((i = 2; i < cword; i++)); do
		kind=$(sed -n "s/^${words[i]} //p" <<<"$options")
		if [ -n "$kind" ] && [[ ${words[i]} == -* ]]; then
			i=$((i + 1))
			[ $i = "$cword" ] || continue
			if [ "$kind" = DIR ]; then
				mapfile -t COMPREPLY < <(compgen -d -- "$cur")
			elif [ "$kind" = FILE ]; then
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			else
				_waymark_complete "$(_waymark_values "$kind")"
			fi
			return
		fi
		[[ ${words[i]} == -* ]] || arguments=$((arguments + 1))
	done
	if [[ $cur == -* ]]; then
		_waymark_complete "$(sed 's/ .*//' <<<"$options") --help"
		return
	fi
	_waymark_complete "$(_waymark_words)"
	! _waymark_takes_files || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY \
		< <(compgen -f -- "$cur")
}

complete -o filenames -F _waymark waymark
