/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubly linked lists through a member of the linked structures.  A head is
 * itself a link; an empty list is a head that points to itself.  An element
 * that has been taken out with list_remove() points to itself as well, so
 * that list_linked() tells whether an element is on a list.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list {
	struct list *next;
	struct list *prev;
};

#define LIST_INITIALIZER(name)                                                 \
	{                                                                      \
		&(name), &(name)                                               \
	}

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *head)
{
	return (head->next == head);
}

static inline bool
list_linked(const struct list *l)
{
	return (l->next != l);
}

static inline void
list_insert_before(struct list *at, struct list *l)
{
	l->prev = at->prev;
	l->next = at;
	at->prev->next = l;
	at->prev = l;
}

static inline void
list_push_back(struct list *head, struct list *l)
{
	list_insert_before(head, l);
}

static inline void
list_push_front(struct list *head, struct list *l)
{
	list_insert_before(head->next, l);
}

static inline void
list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/* Moves all elements of `from` to the end of `to`. */
static inline void
list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define LIST_ENTRY(l, type, field) container_of(l, type, field)
#define LIST_FIRST(head, type, field)                                          \
	(list_empty(head) ? NULL : container_of((head)->next, type, field))
#define LIST_LAST(head, type, field)                                           \
	(list_empty(head) ? NULL : container_of((head)->prev, type, field))
#define LIST_NEXT(elm, head, field)                                            \
	((elm)->field.next == (head)                                           \
		? NULL                                                         \
		: container_of((elm)->field.next, __typeof__(*(elm)), field))
#define LIST_FOREACH(v, head, field)                                           \
	for (v = container_of((head)->next, __typeof__(*v), field);            \
	     &v->field != (head);                                              \
	     v = container_of(v->field.next, __typeof__(*v), field))
/* As LIST_FOREACH, where the body may take `v` out of the list. */
#define LIST_FOREACH_SAFE(v, head, field, tmp)                                 \
	for (v = container_of((head)->next, __typeof__(*v), field),            \
	    tmp = container_of(v->field.next, __typeof__(*v), field);          \
	     &v->field != (head); v = tmp,                                     \
	    tmp = container_of(v->field.next, __typeof__(*v), field))

#endif
