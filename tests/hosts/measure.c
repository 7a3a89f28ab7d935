/* SPDX-License-Identifier: MIT */
/* A host of the forge matrix: reads numbers, prints their mean and deviation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(void)
{
	static double numbers[4096];
	double sum = 0, squares = 0, value;
	char when[64];
	time_t now = time(NULL);
	size_t n = 0;

	while (n < 4096 && scanf("%lf", &value) == 1) {
		sum += value;
		squares += value * value;
		numbers[n++] = value;
	}
	if (n == 0)
		return 1;
	qsort(numbers, n, sizeof(numbers[0]), compare);
	if (strftime(when, sizeof(when), "%F %T", gmtime(&now)) == 0)
		strcpy(when, "now");
	printf("%s: mean %.6g, deviation %.6g, median %.6g, log %.6g\n", when, sum / (double)n,
	       sqrt(squares / (double)n - sum * sum / (double)n / (double)n), numbers[n / 2],
	       log(fabs(sum) + 1));
	return 0;
}
