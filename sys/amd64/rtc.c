/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PC's real-time clock (Motorola MC146818A).  Read twice until it says the
 * same, since it may count meanwhile.  Where there is none the bus reads as
 * all ones, which is no time of day.
 */
#include "lib/string.h"
#include "amd64/cpu.h"
#include "amd64/md.h"
#include "amd64/pvclock.h"
#include "time/time.h"

#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define RTC_STATUS_A 0x0a
#define RTC_UPDATING 0x80
#define RTC_STATUS_B 0x0b
#define RTC_24_HOURS 0x02
#define RTC_BINARY   0x04
#define RTC_PM	     0x80 /* in the hours, of 12 */
#define RTC_CENTURY  0x32
#define TRIES	     10000 /* an update takes 2 ms at most */

enum { SEC, MIN_, HOUR, DAY, MONTH, YEAR, CENTURY, FIELDS };

static uint8_t
rtc_read(uint8_t reg)
{
	outb(RTC_INDEX, reg);
	return (inb(RTC_DATA));
}

static void
read_fields(uint8_t f[FIELDS])
{
	static const uint8_t regs[FIELDS] = {0, 2, 4, 7, 8, 9, RTC_CENTURY};

	for (int i = 0; i < FIELDS; i++)
		f[i] = rtc_read(regs[i]);
}

/* Days since 1970 of a date in the Gregorian calendar. */
static uint64_t
days_since_1970(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {
	    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	unsigned y = year - 1;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return (365ul * (year - 1970) + y / 4 - y / 100 + y / 400 - 477 +
		before[month - 1] + (leap && month > 2) + day - 1);
}

/* What the registers mean, in seconds since 1970; 0: nonsense. */
static uint64_t
fields_to_seconds(uint8_t f[FIELDS], uint8_t status)
{
	bool pm = !(status & RTC_24_HOURS) && (f[HOUR] & RTC_PM);
	unsigned year;

	if (!(status & RTC_24_HOURS))
		f[HOUR] &= (uint8_t)~RTC_PM;
	for (int i = 0; i < FIELDS && !(status & RTC_BINARY); i++)
		f[i] = (uint8_t)((f[i] >> 4) * 10 + (f[i] & 0xf));
	if (!(status & RTC_24_HOURS))
		f[HOUR] = (uint8_t)(f[HOUR] % 12 + (pm ? 12 : 0));
	if (f[SEC] > 59 || f[MIN_] > 59 || f[HOUR] > 23 || f[DAY] < 1 ||
	    f[DAY] > 31 || f[MONTH] < 1 || f[MONTH] > 12 || f[YEAR] > 99)
		return (0);
	year = (f[CENTURY] >= 20 && f[CENTURY] <= 22 ? f[CENTURY] : 20) * 100u +
	       f[YEAR];
	return (((days_since_1970(year, f[MONTH], f[DAY]) * 24 + f[HOUR]) * 60 +
		    f[MIN_]) *
		    60 +
		f[SEC]);
}

uint64_t
rtc_wall(void)
{
	uint8_t now[FIELDS], again[FIELDS];
	uint8_t status = rtc_read(RTC_STATUS_B);

	if (status == 0xff)
		return (0);
	for (int i = 0; i < TRIES; i++) {
		if (rtc_read(RTC_STATUS_A) & RTC_UPDATING)
			continue;
		read_fields(now);
		read_fields(again);
		if (memcmp(now, again, sizeof(now)) == 0)
			return (fields_to_seconds(now, status) * NSEC_PER_SEC);
	}
	return (0);
}
