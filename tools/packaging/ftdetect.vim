" SPDX-License-Identifier: GPL-2.0-or-later
autocmd BufNewFile,BufRead *.policy
	\ if expand('<afile>:p') =~# '/waymark/\|/rules/examples/' ||
	\    getline(1, 50)->match('^\s*\(uplink\|route\|default via\)\>') >= 0 |
	\   setfiletype waymark | setlocal commentstring=#\ %s |
	\ endif
