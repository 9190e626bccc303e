#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 3600)

int main(void)
{
	char line[64], date[64], later[64];
	time_t first = 0, last = 0;
	int any = 0;

	while (fgets(line, sizeof(line), stdin)) {
		struct tm tm = {0};
		time_t t;

		if (!strptime(line, "%Y-%m-%d", &tm))
			return 1;
		t = timegm(&tm);
		strftime(date, sizeof(date), "%Y-%m-%d %a", &tm);
		t += 45 * DAY;
		strftime(later, sizeof(later), "%Y-%m-%d", gmtime(&t));
		t -= 45 * DAY;
		printf("%s %s\n", date, later);
		first = !any || t < first ? t : first;
		last = !any || t > last ? t : last;
		any = 1;
	}
	printf("days %.0f\n", difftime(last, first) / DAY);
	return 0;
}
