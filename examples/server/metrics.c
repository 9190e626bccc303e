/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const uint64_t bounds_us[METRICS_BUCKETS] = {
    1000,   2500,   5000,    10000,   25000,   50000,    100000,
    250000, 500000, 1000000, 2500000, 5000000, 15000000, 60000000,
};

static const char *const bound_names[METRICS_BUCKETS + 1] = {
    "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1",  "0.25",
    "0.5",   "1.0",    "2.5",   "5.0",  "15.0",  "60.0", "+Inf",
};

static const char *const stage_names[STAGE_COUNT] = {"queue", "compile", "run", "total"};
static const char *const reject_names[REJECT_COUNT] = {
    "queue_full", "rate_limit", "draining", "starting", "queue_timeout", "body_too_large", "unauthorized",
};

void metrics_count(struct metrics *m, const char *language, const char *status)
{
	size_t i;

	for (i = 0; i < m->pair_count; i++)
		if (!strcmp(m->pairs[i].language, language) && !strcmp(m->pairs[i].status, status))
			break;
	if (i == m->pair_count && i < METRICS_PAIRS) {
		bool last = i + 1 == METRICS_PAIRS;

		snprintf(m->pairs[i].language, sizeof(m->pairs[i].language), "%s", last ? "other" : language);
		snprintf(m->pairs[i].status, sizeof(m->pairs[i].status), "%s", last ? "other" : status);
		m->pair_count++;
	}
	m->pairs[i < METRICS_PAIRS ? i : METRICS_PAIRS - 1].count++;
}

void metrics_observe(struct metrics *m, enum metrics_stage stage, uint64_t us)
{
	struct histogram *h = &m->stages[stage];
	size_t i = 0;

	while (i < METRICS_BUCKETS && us > bounds_us[i])
		i++;
	h->buckets[i]++;
	h->sum_us += us;
	h->count++;
}

void metrics_remember(struct metrics *m, uint64_t run_us, uint64_t total_us)
{
	uint64_t second = clock_us() / 1000000;
	size_t slot = second % METRICS_SECONDS, at = m->finished % METRICS_RECENT;

	if (m->second[slot] != second) {
		m->second[slot] = second;
		m->per_second[slot] = 0;
	}
	m->per_second[slot]++;
	m->recent_run_us[at] = run_us > UINT32_MAX ? UINT32_MAX : (uint32_t)run_us;
	m->recent_total_us[at] = total_us > UINT32_MAX ? UINT32_MAX : (uint32_t)total_us;
	m->finished++;
}

uint64_t metrics_rejected_total(const struct metrics *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REJECT_COUNT; i++)
		sum += m->rejected[i];
	return sum;
}

uint64_t metrics_mean_us(const struct metrics *m)
{
	uint64_t sum = m->stages[STAGE_RUN].sum_us + m->stages[STAGE_COMPILE].sum_us;

	return m->stages[STAGE_RUN].count ? sum / m->stages[STAGE_RUN].count : 0;
}

/* ---- Prometheus text, version 0.0.4 ---- */

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct buffer *out, const char *name, const char *type, const char *help, double value)
{
	head(out, name, type, help);
	buffer_printf(out, "%s %.17g\n", name, value);
}

static void write_executions(const struct metrics *m, struct buffer *out)
{
	head(out, "codeexec_executions_total", "counter", "Executions that ended, by language and status.");
	for (size_t i = 0; i < m->pair_count; i++)
		buffer_printf(out, "codeexec_executions_total{language=\"%s\",status=\"%s\"} %" PRIu64 "\n",
			      m->pairs[i].language, m->pairs[i].status, m->pairs[i].count);
}

static void write_histograms(const struct metrics *m, struct buffer *out)
{
	static const char name[] = "codeexec_stage_duration_seconds";

	head(out, name, "histogram", "Wall time of each stage: queue, compile, run, and all of it.");
	for (size_t s = 0; s < STAGE_COUNT; s++) {
		const struct histogram *h = &m->stages[s];
		uint64_t sum = 0;

		for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
			sum += h->buckets[i];
			buffer_printf(out, "%s_bucket{stage=\"%s\",le=\"%s\"} %" PRIu64 "\n", name,
				      stage_names[s], bound_names[i], sum);
		}
		buffer_printf(out, "%s_sum{stage=\"%s\"} %.6f\n", name, stage_names[s],
			      (double)h->sum_us / 1e6);
		buffer_printf(out, "%s_count{stage=\"%s\"} %" PRIu64 "\n", name, stage_names[s], h->count);
	}
}

static void write_requests(const struct metrics *m, struct buffer *out)
{
	head(out, "codeexec_rejected_total", "counter", "Requests that were turned away, by reason.");
	for (size_t i = 0; i < REJECT_COUNT; i++)
		buffer_printf(out, "codeexec_rejected_total{reason=\"%s\"} %" PRIu64 "\n", reject_names[i],
			      m->rejected[i]);
	head(out, "codeexec_http_responses_total", "counter", "HTTP answers by class of status.");
	for (size_t i = 2; i < 6; i++)
		buffer_printf(out, "codeexec_http_responses_total{class=\"%zuxx\"} %" PRIu64 "\n", i,
			      m->responses[i]);
	single(out, "codeexec_http_request_bytes_total", "counter", "Bytes of request bodies.",
	       (double)m->bytes_in);
	single(out, "codeexec_http_response_bytes_total", "counter", "Bytes of response bodies.",
	       (double)m->bytes_out);
}

static void write_now(const struct metrics_now *now, struct buffer *out)
{
	single(out, "codeexec_running", "gauge", "Executions that run now.", (double)now->running);
	single(out, "codeexec_queue_depth", "gauge", "Executions that wait now.", (double)now->queued);
	single(out, "codeexec_running_limit", "gauge", "Executions that may run at once.",
	       (double)now->max_running);
	single(out, "codeexec_queue_limit", "gauge", "Executions that may wait.", (double)now->queue_limit);
	single(out, "codeexec_http_connections", "gauge", "Open connections.", (double)now->connections);
	single(out, "codeexec_remembered_executions", "gauge",
	       "Executions in the list, finished ones included.", (double)now->remembered);
	single(out, "codeexec_supervisor_restarts_total", "counter",
	       "Supervisors that died and were replaced.", (double)now->supervisor_restarts);
	single(out, "codeexec_cache_hits_total", "counter",
	       "Compile stages that were spared; from 0 again when executors are read anew.", (double)now->cache.hits);
	single(out, "codeexec_cache_misses_total", "counter", "Programs that were looked for and not there.",
	       (double)now->cache.misses);
	single(out, "codeexec_cache_evictions_total", "counter", "Programs given up for newer ones.",
	       (double)now->cache.evictions);
	single(out, "codeexec_cache_programs", "gauge", "Compiled programs that are kept.", (double)now->cache.programs);
	single(out, "codeexec_cache_bytes", "gauge", "Memory that they take.", (double)now->cache.bytes);
	single(out, "codeexec_cache_limit_bytes", "gauge", "Memory that they may take.", (double)now->cache.limit_bytes);
	single(out, "codeexec_warm_hits_total", "counter",
	       "Executions that got a process started ahead; from 0 again when executors are read anew.",
	       (double)now->warm.hits);
	single(out, "codeexec_warm_misses_total", "counter", "Executions that could have had one, had one waited.",
	       (double)now->warm.misses);
	single(out, "codeexec_warm_started_total", "counter", "Processes started ahead.", (double)now->warm.started);
	single(out, "codeexec_warm_start_seconds_total", "counter", "What they took until they waited.",
	       (double)now->warm.start_us / 1e6);
	single(out, "codeexec_warm_ended_total", "counter", "Of those: ended without a program.", (double)now->warm.ended);
	single(out, "codeexec_warm_waiting", "gauge", "Processes that wait for a program.", (double)now->warm.waiting);
	single(out, "codeexec_warm_zygotes", "gauge", "Interpreters that are forked.", (double)now->warm.zygotes);
	single(out, "codeexec_warm_bytes", "gauge", "Memory that both take.", (double)now->warm.bytes);
	single(out, "codeexec_warm_limit_bytes", "gauge", "Memory that they may take.", (double)now->warm.limit_bytes);
	single(out, "codeexec_ready", "gauge", "1 if executions are taken.", now->ready ? 1 : 0);
}

static size_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", "..", and the directory itself */
}

static double resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void write_process(const struct metrics *m, struct buffer *out)
{
	struct rusage usage;
	struct rlimit files;

	getrusage(RUSAGE_SELF, &usage);
	single(out, "process_cpu_seconds_total", "counter", "User and system time of the server itself.",
	       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	single(out, "process_resident_memory_bytes", "gauge", "Resident memory of the server itself.",
	       resident_bytes());
	single(out, "process_open_fds", "gauge", "Open descriptors.", (double)count_descriptors());
	if (!getrlimit(RLIMIT_NOFILE, &files))
		single(out, "process_max_fds", "gauge", "Most open descriptors.", (double)files.rlim_cur);
	single(out, "process_start_time_seconds", "gauge", "When the server started, since 1970.",
	       clock_wall() - (double)(clock_us() - m->started_us) / 1e6);
}

void metrics_write(const struct metrics *m, const struct metrics_now *now, struct buffer *out)
{
	write_executions(m, out);
	write_histograms(m, out);
	write_requests(m, out);
	write_now(now, out);
	write_process(m, out);
}

/* ---- for the page ---- */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void put_percentiles(struct buffer *out, const char *name, const uint32_t *recent, size_t count)
{
	static const struct {
		const char *name;
		size_t percent;
	} wanted[] = {{"p50", 50}, {"p95", 95}, {"p99", 99}};
	uint32_t sorted[METRICS_RECENT];

	memcpy(sorted, recent, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	buffer_printf(out, ",\"%s\":{", name);
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		size_t at = count ? (count - 1) * wanted[i].percent / 100 : 0;

		buffer_printf(out, "%s\"%s\":", i ? "," : "", wanted[i].name);
		if (count)
			buffer_printf(out, "%.3f", (double)sorted[at] / 1000);
		else
			buffer_text(out, "null");
	}
	buffer_text(out, "}");
}

void metrics_write_summary(const struct metrics *m, const struct metrics_now *now, struct buffer *out)
{
	size_t count = m->finished < METRICS_RECENT ? (size_t)m->finished : METRICS_RECENT;
	uint64_t second = clock_us() / 1000000, sum = 0;

	for (size_t i = 0; i < METRICS_SECONDS; i++)
		if (m->second[i] < second && m->second[i] + 10 >= second)
			sum += m->per_second[i];
	buffer_printf(out, "{\"running\":%zu,\"queued\":%zu,\"max_running\":%zu,\"queue_limit\":%zu",
		      now->running, now->queued, now->max_running, now->queue_limit);
	buffer_printf(out,
		      ",\"finished_total\":%" PRIu64 ",\"rejected_total\":%" PRIu64 ",\"per_second\":%.1f",
		      m->finished, metrics_rejected_total(m), (double)sum / 10);
	put_percentiles(out, "execution_ms", m->recent_run_us, count);
	put_percentiles(out, "total_ms", m->recent_total_us, count);
	buffer_text(out, "}");
}
