#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BASE UINT64_C(1000000000)
#define LIMBS 16

/* Natural numbers of up to 144 digits: limbs of nine, the lowest first. */
struct natural {
	uint64_t limb[LIMBS];
};

static void multiply(struct natural *n, uint64_t factor)
{
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += n->limb[i] * factor;
		n->limb[i] = carry % BASE;
		carry /= BASE;
	}
}

static void add(struct natural *n, const struct natural *other)
{
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += n->limb[i] + other->limb[i];
		n->limb[i] = carry % BASE;
		carry /= BASE;
	}
}

static const char *text(const struct natural *n)
{
	static char out[LIMBS * 9 + 1];
	char *p = out;

	for (int i = LIMBS; i-- > 0; p += 9)
		snprintf(p, 10, "%09" PRIu64, n->limb[i]);
	p = out + strspn(out, "0");
	return *p ? p : "0";
}

int main(void)
{
	struct natural factorial = {{1}}, power = {{1}}, a = {{0}}, b = {{1}}, swap;
	int sum = 0;

	for (uint64_t i = 2; i <= 60; i++)
		multiply(&factorial, i);
	puts(text(&factorial));
	for (const char *p = text(&factorial); *p; p++)
		sum += *p - '0';
	printf("%d\n", sum);
	for (int i = 0; i < 200; i++)
		multiply(&power, 2);
	puts(text(&power));
	for (int i = 0; i < 300; i++) {
		add(&a, &b);
		swap = a;
		a = b;
		b = swap;
	}
	puts(text(&a));
	return 0;
}
