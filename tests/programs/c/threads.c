#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total, best;
static int best_part;

static void *work(void *argument)
{
	int part = *(int *)argument;
	long sum = 0;

	for (long i = 1; i <= 4000; i++)
		if (i % 4 == part)
			sum += i * i;
	pthread_mutex_lock(&lock);
	total += sum;
	if (sum > best) {
		best = sum;
		best_part = part;
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(void)
{
	pthread_t threads[4];
	int parts[4];

	for (int i = 0; i < 4; i++) {
		parts[i] = i;
		if (pthread_create(&threads[i], NULL, work, &parts[i]))
			return 1;
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("sum %ld\nlargest %d %ld\n", total, best_part, best);
	return 0;
}
