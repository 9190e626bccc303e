#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
	char key[32];
	int value;
	struct node *left, *right;
};

static void add(struct node **tree, const char *key, int value)
{
	int order = *tree ? strcmp(key, (*tree)->key) : 0;

	if (!*tree) {
		*tree = calloc(1, sizeof(**tree));
		if (!*tree)
			abort();
		strcpy((*tree)->key, key);
	}
	if (order)
		add(order < 0 ? &(*tree)->left : &(*tree)->right, key, value);
	else
		(*tree)->value += value;
}

static void print_and_free(struct node *tree)
{
	if (!tree)
		return;
	print_and_free(tree->left);
	printf("%s %d\n", tree->key, tree->value);
	print_and_free(tree->right);
	free(tree);
}

int main(void)
{
	struct node *tree = NULL;
	char key[32];
	int value, count = 0, sum = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (scanf("%31s %d", key, &value) == 2) {
		add(&tree, key, value);
		sum += value;
		if (++count % 20 == 0)
			printf("%d %d\n", count, sum);
	}
	print_and_free(tree);
	return 0;
}
