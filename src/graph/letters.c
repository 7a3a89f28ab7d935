/* SPDX-License-Identifier: MIT */
#include "graph/letters.h"

#include "base/utf8.h"

#define EM        1000 /* the widths are thousandths of the size */
#define FIRST     0x20
#define N_LETTERS 95
#define ELLIPSIS  1000

/* Advances of DejaVu Sans 2.37 and DejaVu Sans Bold, from space to tilde. */
/* clang-format off */
static const uint16_t regular[N_LETTERS] = {
	318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
	636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
	1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
	603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
	500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
	635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
};
static const uint16_t heavy[N_LETTERS] = {
	348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365,
	696, 696, 696, 696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580,
	1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850,
	733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500,
	500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687,
	716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
};
/* clang-format on */

/* The widest that Latin, Greek and Cyrillic have; others are square. */
#define OTHER_REGULAR 1422
#define OTHER_HEAVY   1556

static unsigned advance_of(uint32_t code, bool bold)
{
	if (code < FIRST || code >= FIRST + N_LETTERS)
		return bold ? OTHER_HEAVY : OTHER_REGULAR;
	return bold ? heavy[code - FIRST] : regular[code - FIRST];
}

/* Of one size, in thousandths. */
static uint64_t measure(struct span text, bool bold)
{
	uint64_t width = 0;
	struct utf8_char c;

	for (uint64_t at = 0; at < text.len; at += c.len) {
		c = utf8_at(text, at);
		width += advance_of(c.code, bold);
	}
	return width;
}

unsigned letters_width(struct span text, struct letters how)
{
	return (unsigned)((measure(text, how.bold) * how.size + EM - 1) / EM);
}

struct span letters_fit(struct span text, unsigned width, struct letters how)
{
	uint64_t room = (uint64_t)width * EM / how.size, used = 0, fits = 0;
	struct utf8_char c;

	for (uint64_t at = 0; at < text.len; at += c.len) {
		c = utf8_at(text, at);
		if (used + ELLIPSIS <= room)
			fits = at;
		used += advance_of(c.code, how.bold);
		if (used > room)
			return span_clip(text, 0, fits);
	}
	return text;
}
