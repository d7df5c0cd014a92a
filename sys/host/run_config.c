/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The parser of imp.run.  No state, no dependencies: this file is also tested
 * and fuzzed on the host.
 */

#include "host/run_config.h"

/* If the string is key=value: the value, else NULL. */
static const char *
value_of(const char *string, const char *key)
{
	while (*key != '\0')
		if (*string++ != *key++)
			return (NULL);
	return (*string == '=' ? string + 1 : NULL);
}

/* The string behind this one, or NULL at the end. */
static const char *
next_string(const struct run_config *rc, const char *string)
{
	while (*string != '\0')
		string++;
	string++;
	return (string < rc->rc_text + rc->rc_size ? string : NULL);
}

static bool
parse_number(const char *text, uint64_t *number)
{
	*number = 0;
	if (*text == '\0')
		return (false);
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *text - '0', number))
			return (false);
	}
	return (true);
}

/* One string; false if it is a key that we know with a value that it can't
 * have. */
static bool
parse_string(struct run_config *rc, const char *string)
{
	const struct {
		const char *key;
		uint64_t *number;
	} numbers[] = {
	    {"time", &rc->rc_time},
	    {"tty", &rc->rc_tty},
	    {"rows", &rc->rc_rows},
	    {"cols", &rc->rc_cols},
	    {"trace", &rc->rc_trace},
	    {"uid", &rc->rc_uid},
	    {"gid", &rc->rc_gid},
	};
	const char *value;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if ((value = value_of(string, numbers[i].key)) != NULL)
			return (parse_number(value, numbers[i].number));
	if ((value = value_of(string, "path")) != NULL)
		rc->rc_path = value;
	else if ((value = value_of(string, "cwd")) != NULL)
		rc->rc_cwd = value;
	else if (value_of(string, "arg") != NULL)
		rc->rc_argc++;
	else if (value_of(string, "env") != NULL)
		rc->rc_envc++;
	return (true);
}

bool
run_config_parse(struct run_config *rc, const char *text, size_t size)
{
	*rc = (struct run_config){
	    .rc_text = text, .rc_size = size, .rc_cwd = "/"};
	if (size == 0 || text[size - 1] != '\0')
		return (false);
	for (const char *s = text; s != NULL; s = next_string(rc, s))
		if (!parse_string(rc, s))
			return (false);
	return (rc->rc_path != NULL && rc->rc_path[0] == '/' &&
		rc->rc_cwd[0] == '/' && rc->rc_argc > 0 &&
		rc->rc_uid < UINT32_MAX && rc->rc_gid < UINT32_MAX);
}

void
run_config_list(const struct run_config *rc, const char *key, char **list)
{
	const char *value;

	for (const char *s = rc->rc_text; s != NULL; s = next_string(rc, s))
		if ((value = value_of(s, key)) != NULL)
			*list++ = (char *)(uintptr_t)value;
	*list = NULL;
}
