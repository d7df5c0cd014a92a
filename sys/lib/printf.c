/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/printf.h"
#include "lib/string.h"

/* One conversion, as its specification says. */
struct spec {
	bool left, zero, plus, space, alt;
	int width;
	int precision; /* -1: none */
	int size;      /* 0 int, 1 long or pointer, -1 short,
			  -2 char */
};

struct sink {
	void (*out)(void *arg, const char *s, size_t n);
	void *arg;
	int total;
};

static void
put(struct sink *k, const char *s, size_t n)
{
	if (n > 0)
		k->out(k->arg, s, n);
	k->total += (int)n;
}

static void
pad(struct sink *k, char c, int n)
{
	while (n-- > 0)
		put(k, &c, 1);
}

static void
put_string(struct sink *k, const struct spec *sp, const char *s)
{
	int n;

	if (s == NULL)
		s = "(null)";
	n = (int)(sp->precision >= 0 ? strnlen(s, (size_t)sp->precision)
				     : strlen(s));
	if (!sp->left)
		pad(k, ' ', sp->width - n);
	put(k, s, (size_t)n);
	if (sp->left)
		pad(k, ' ', sp->width - n);
}

static void
put_number(struct sink *k, const struct spec *sp, uint64_t val, unsigned base,
    const char *digits, const char *prefix)
{
	char buf[24];
	int n = 0, zeros, plen = (int)strlen(prefix), fill;

	for (; val != 0; val /= base)
		buf[sizeof(buf) - 1 - (size_t)n++] = digits[val % base];
	zeros = sp->precision >= 0 ? sp->precision - n : n == 0 ? 1 : 0;
	zeros = MAX(zeros, 0);
	fill = sp->width - n - zeros - plen;
	if (sp->zero && !sp->left && sp->precision < 0 && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!sp->left)
		pad(k, ' ', fill);
	put(k, prefix, (size_t)plen);
	pad(k, '0', zeros);
	put(k, buf + sizeof(buf) - n, (size_t)n);
	if (sp->left)
		pad(k, ' ', fill);
}

static void
put_signed(struct sink *k, const struct spec *sp, int64_t val)
{
	const char *prefix = val < 0	 ? "-"
			     : sp->plus	 ? "+"
			     : sp->space ? " "
					 : "";

	put_number(k, sp, val < 0 ? -(uint64_t)val : (uint64_t)val, 10,
	    "0123456789", prefix);
}

static const char *
parse_spec(const char *f, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){.precision = -1};
	for (;; f++) {
		if (*f == '-')
			sp->left = true;
		else if (*f == '0')
			sp->zero = true;
		else if (*f == '+')
			sp->plus = true;
		else if (*f == ' ')
			sp->space = true;
		else if (*f == '#')
			sp->alt = true;
		else
			break;
	}
	if (*f == '*') {
		sp->width = va_arg(*ap, int);
		f++;
	} else {
		sp->width = (int)strtoull(f, &f, 10);
	}
	if (*f == '.') {
		f++;
		if (*f == '*') {
			sp->precision = va_arg(*ap, int);
			f++;
		} else {
			sp->precision = (int)strtoull(f, &f, 10);
		}
	}
	for (;; f++) {
		if (*f == 'l' || *f == 'z' || *f == 'j' || *f == 't')
			sp->size = 1;
		else if (*f == 'h')
			sp->size--;
		else
			return (f);
	}
}

static uint64_t
get_unsigned(const struct spec *sp, va_list *ap)
{
	if (sp->size > 0)
		return (va_arg(*ap, uint64_t));
	if (sp->size == -1)
		return ((unsigned short)va_arg(*ap, unsigned));
	if (sp->size < -1)
		return ((unsigned char)va_arg(*ap, unsigned));
	return (va_arg(*ap, unsigned));
}

static int64_t
get_signed(const struct spec *sp, va_list *ap)
{
	if (sp->size > 0)
		return (va_arg(*ap, int64_t));
	if (sp->size == -1)
		return ((short)va_arg(*ap, int));
	if (sp->size < -1)
		return ((signed char)va_arg(*ap, int));
	return (va_arg(*ap, int));
}

static void
convert(struct sink *k, char c, const struct spec *sp, va_list *ap)
{
	static const char lower[] = "0123456789abcdef";
	uint64_t u;
	char ch;

	switch (c) {
	case 'd':
	case 'i':
		put_signed(k, sp, get_signed(sp, ap));
		break;
	case 'u':
		put_number(k, sp, get_unsigned(sp, ap), 10, lower, "");
		break;
	case 'o':
		u = get_unsigned(sp, ap);
		put_number(k, sp, u, 8, lower, sp->alt && u != 0 ? "0" : "");
		break;
	case 'x':
	case 'X':
		u = get_unsigned(sp, ap);
		put_number(k, sp, u, 16, c == 'x' ? lower : "0123456789ABCDEF",
		    sp->alt && u != 0 ? "0x" : "");
		break;
	case 'p':
		put_number(
		    k, sp, (uintptr_t)va_arg(*ap, void *), 16, lower, "0x");
		break;
	case 'c':
		ch = (char)va_arg(*ap, int);
		put(k, &ch, 1);
		break;
	case 's':
		put_string(k, sp, va_arg(*ap, const char *));
		break;
	default:
		put(k, &c, 1);
	}
}

int
vformat(void (*out)(void *arg, const char *s, size_t n), void *arg,
    const char *fmt, va_list ap0)
{
	struct sink k = {out, arg, 0};
	struct spec sp;
	va_list ap;

	va_copy(ap, ap0);
	while (*fmt != '\0') {
		const char *s = fmt;

		while (*fmt != '\0' && *fmt != '%')
			fmt++;
		put(&k, s, (size_t)(fmt - s));
		if (*fmt == '\0')
			break;
		fmt = parse_spec(fmt + 1, &sp, &ap);
		if (*fmt == '\0')
			break;
		convert(&k, *fmt++, &sp, &ap);
	}
	va_end(ap);
	return (k.total);
}

struct buffer {
	char *next;
	size_t room; /* without the NUL */
};

static void
to_buffer(void *arg, const char *s, size_t n)
{
	struct buffer *b = arg;

	n = MIN(n, b->room);
	memcpy(b->next, s, n);
	b->next += n;
	b->room -= n;
}

int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct buffer b = {buf, size > 0 ? size - 1 : 0};
	int n = vformat(to_buffer, &b, fmt, ap);

	if (size > 0)
		*b.next = '\0';
	return (n);
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return (n);
}
