/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_lexer.c - split a text into tokens. */
#include "pcap-tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/parse/lexer.h"

/* Allocate exactly the length of the text, so that a sanitizer sees a read
 * beyond its '\0'. */
static struct source text_of(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return (struct source){ .name = "p", .text = copy, .len = len };
}

static char letter(enum token_kind kind)
{
	return "?.wsrl{}(),=>;!"[kind];
}

/* A token is shown as a letter, its text in [], and | for a new line. */
static const struct {
	const char *text;
	const char *want;
} cuts[] = {
	{ "", "" },
	{ " \t\n\r\n", "" },
	{ "# nothing", "" },
	{ "a b", "|w[a]w[b]" },
	{ "a\nb", "|w[a]|w[b]" },
	{ "a\r\nb\r\n", "|w[a]|w[b]" },
	{ "a # b\n c", "|w[a]|w[c]" },
	{ "a#b", "|w[a]" },
	{ "10.0.0.0/8", "|w[10.0.0.0/8]" },
	{ "[2001:db8::1]:443", "|w[[2001:db8::1]:443]" },
	{ "0-1 minimize-delay ppp* 16k", "|w[0-1]w[minimize-delay]w[ppp*]"
	  "w[16k]" },
	{ "{a,b}", "|{[{]w[a],[,]w[b]}[}]" },
	{ "(a)=b>c;", "|([(]w[a])[)]=[=]w[b]>[>]w[c];[;]" },
	{ "a>b", "|w[a]>[>]w[b]" },
	{ "@vip,@x", "|l[vip],[,]l[x]" },
	{ "a@b", "|w[a]l[b]" },
	{ "@ vip", "|![]w[vip]" },
	{ "@", "|![]" },
	{ "\"a b\" c", "|s[a b]w[c]" },
	{ "\"\"", "|s[]" },
	{ "\"a\\\"b\\\\\"", "|s[a\\\"b\\\\]" },
	{ "\"a # b\"", "|s[a # b]" },
	{ "\"a\nb", "|![a]|w[b]" },
	{ "\"a", "|![a]" },
	{ "\"a\\", "|![a\\]" },
	{ "\"a\\n\"", "|![a\\n]" },
	{ "\"a\\\nb", "|![a\\]|w[b]" },
	{ "m\xc3\xbcnchen.de", "|w[m\xc3\xbcnchen.de]" },
	{ "\xef\xbb\xbf" "a", "|w[a]" },
	{ "/a b/", "|w[/a]w[b/]" },
	{ "!a && b", "|w[!a]w[&&]w[b]" },
};

START_TEST(cut)
{
	struct source source = text_of(cuts[_i].text, strlen(cuts[_i].text));
	struct lexer lexer;
	struct token token;
	char got[200] = "";
	size_t len = 0;

	lexer_init(&lexer, &source);
	for (lexer_next(&lexer, &token); token.kind != TOKEN_END;
	     lexer_next(&lexer, &token)) {
		len += snprintf(got + len, sizeof(got) - len, "%s%c[%.*s]",
				token.starts_line ? "|" : "",
				letter(token.kind), (int)token.len,
				token.text);
		ck_assert((token.kind == TOKEN_BAD) == (token.why != NULL));
		ck_assert_uint_lt(len, sizeof(got));
	}
	ck_assert_str_eq(got, cuts[_i].want);
	/* After the end every token is the end. */
	lexer_next(&lexer, &token);
	ck_assert_int_eq(token.kind, TOKEN_END);
	free((char *)source.text);
}
END_TEST

START_TEST(places)
{
	struct source source = text_of("\xef\xbb\xbf" "a  bc\n\t\"d\" @e", 16);
	static const struct {
		uint32_t line, column, width;
		bool starts_line, is_joined;
	} want[] = {
		{ 1, 4, 1, true, true },
		{ 1, 7, 2, false, false },
		{ 2, 2, 3, true, false },
		{ 2, 6, 2, false, false },
	};
	struct lexer lexer;
	struct token token;
	size_t i;

	lexer_init(&lexer, &source);
	for (i = 0; i < 4; i++) {
		lexer_next(&lexer, &token);
		ck_assert_uint_eq(token.place.line, want[i].line);
		ck_assert_uint_eq(token.place.column, want[i].column);
		ck_assert_uint_eq(token.place.width, want[i].width);
		ck_assert_int_eq(token.starts_line, want[i].starts_line);
		ck_assert_int_eq(token.is_joined, want[i].is_joined);
	}
	free((char *)source.text);
}
END_TEST

static const struct {
	const char *text;
	enum token_kind kind;
	const char *want;
	const char *next;	/* the word after it, or NULL */
} patterns[] = {
	{ "/abc/ x", TOKEN_REGEX, "abc", "x" },
	{ "/a b{2}, \"c\" #d/ x", TOKEN_REGEX, "a b{2}, \"c\" #d", "x" },
	{ "/a\\/b/ x", TOKEN_REGEX, "a\\/b", "x" },
	{ "/a\\\\/ x", TOKEN_REGEX, "a\\\\", "x" },
	{ "//x", TOKEN_REGEX, "", "x" },
	{ "/ab", TOKEN_BAD, "ab", NULL },
	{ "/", TOKEN_BAD, "", NULL },
	{ "/ab\\", TOKEN_BAD, "ab\\", NULL },
	{ "/ab\nx", TOKEN_BAD, "ab", "x" },
};

START_TEST(pattern)
{
	struct source source = text_of(patterns[_i].text,
				       strlen(patterns[_i].text));
	struct lexer lexer;
	struct token token;

	lexer_init(&lexer, &source);
	lexer_next(&lexer, &token);
	lexer_regex(&lexer, &token, &token);
	ck_assert_int_eq(token.kind, patterns[_i].kind);
	ck_assert_uint_eq(token.len, strlen(patterns[_i].want));
	ck_assert_mem_eq(token.text, patterns[_i].want, token.len);
	ck_assert_uint_eq(token.place.line, 1);
	lexer_next(&lexer, &token);
	if (patterns[_i].next == NULL)
		ck_assert_int_eq(token.kind, TOKEN_END);
	else
		ck_assert_mem_eq(token.text, patterns[_i].next,
				 strlen(patterns[_i].next));
	free((char *)source.text);
}
END_TEST

START_TEST(next_line)
{
	struct source source = text_of("a \"b\n\nc d\ne", 11);
	struct lexer lexer;
	struct token token;

	lexer_init(&lexer, &source);
	lexer_next(&lexer, &token);
	lexer_skip_line(&lexer);
	lexer_next(&lexer, &token);
	ck_assert_int_eq(token.text[0], 'c');
	ck_assert_uint_eq(token.place.line, 3);
	ck_assert_uint_eq(token.place.column, 1);
	ck_assert(token.starts_line);
	lexer_skip_line(&lexer);
	lexer_skip_line(&lexer);
	lexer_next(&lexer, &token);
	ck_assert_int_eq(token.kind, TOKEN_END);
	free((char *)source.text);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	uint32_t line, column;	/* 0: valid text */
	unsigned byte;
	const char *fix;
} bytes[] = {
	{ "a\tb\r\nc\n", 7, 0, 0, 0, NULL },
	{ "m\xc3\xbc\xff", 4, 0, 0, 0, NULL },
	{ "", 0, 0, 0, 0, NULL },
	{ "a\nb\0c", 5, 2, 2, 0x00, "text file" },
	{ "\x1f\x8b\x08", 3, 1, 1, 0x1f, "text file" },
	{ "a\x7f", 2, 1, 2, 0x7f, "text file" },
	{ "a\rb", 3, 1, 2, 0x0d, "line feed" },
	{ "a\r", 2, 1, 2, 0x0d, "line feed" },
	{ "\xff\xfe" "a\0b\0", 6, 1, 4, 0x00, "UTF-16" },
};

START_TEST(text_or_not)
{
	struct source source = text_of(bytes[_i].text, bytes[_i].len);
	struct place place = { .line = 0 };
	const char *fix = NULL;
	unsigned byte = 0;

	ck_assert_int_eq(lexer_is_text(&source, &place, &byte, &fix),
			 bytes[_i].line == 0);
	ck_assert_uint_eq(place.line, bytes[_i].line);
	ck_assert_uint_eq(place.column, bytes[_i].column);
	ck_assert_uint_eq(byte, bytes[_i].byte);
	if (bytes[_i].fix != NULL)
		ck_assert_ptr_nonnull(strstr(fix, bytes[_i].fix));
	free((char *)source.text);
}
END_TEST

START_TEST(words)
{
	ck_assert(lexer_is_word("http/1.1", 8));
	ck_assert(!lexer_is_word("", 0));
	ck_assert(!lexer_is_word("a b", 3));
	ck_assert(!lexer_is_word("a\"", 2));
	ck_assert(!lexer_is_word("a#", 2));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lexer");
	TCase *tcase = tcase_create("lexer");

	tcase_add_loop_test(tcase, cut, 0, ROWS(cuts));
	tcase_add_test(tcase, places);
	tcase_add_loop_test(tcase, pattern, 0, ROWS(patterns));
	tcase_add_test(tcase, next_line);
	tcase_add_loop_test(tcase, text_or_not, 0, ROWS(bytes));
	tcase_add_test(tcase, words);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
