" SPDX-License-Identifier: GPL-2.0-or-later
" Vim syntax file for waymark policies, see waymark.policy(5).
if exists("b:current_syntax")
  finish
endif

syn match   waymarkComment   "#.*$" contains=@Spell
syn region  waymarkString    start=+"+ skip=+\\.+ end=+"+ oneline
syn region  waymarkPattern   start=+\<payload\s\+\zs/+ skip=+\\.+ end=+/+ oneline
syn match   waymarkStatement "^\s*\(uplink\|exempt\|class\|route\|default\|expect\|late\|learn\|inspect\|marks\|queues\|resolve\|kernel-routes\|own-table\|list\|include\|ahead\|strict\|on\)\>"
syn keyword waymarkAction    via drop main fallback strict masquerade optional
syn keyword waymarkAction    on-lan onlink probe dev table mark auto late keep move
syn keyword waymarkAction    reset snat npt mss hold failback ipv4 ipv6 every up down first
syn keyword waymarkAction    fail-open fail-closed coalesce per-client private-domain
syn keyword waymarkAction    pass budget-spent stream-reclaimed flow-evicted
syn keyword waymarkAction    queue-overflow undecoded
syn keyword waymarkCondition proto tcp udp sport dport from to host app alpn
syn keyword waymarkCondition ja4 ech in dscp tos length uid payload
syn keyword waymarkOperator  and or not
syn match   waymarkList      "@[A-Za-z0-9_./-]\+"
syn match   waymarkAddress   "\<\d\{1,3}\(\.\d\{1,3}\)\{3}\(/\d\+\)\?\>"
syn match   waymarkAddress   "\[\?\<\x\{1,4}:[0-9A-Fa-f:]*\(/\d\+\)\?\]\?"
syn match   waymarkNumber    "\<\(0x\x\+\|\d\+\)\>"

syn iskeyword @,48-57,_,-

hi def link waymarkComment   Comment
hi def link waymarkString    String
hi def link waymarkPattern   String
hi def link waymarkStatement Statement
hi def link waymarkAction    Keyword
hi def link waymarkCondition Type
hi def link waymarkOperator  Operator
hi def link waymarkList      Identifier
hi def link waymarkAddress   Constant
hi def link waymarkNumber    Number

let b:current_syntax = "waymark"
