/* SPDX-License-Identifier: MIT */
/*
 * The few members of the kernel's structures that our programs read.  Where they lie in the
 * running kernel is found when a program is loaded (CO-RE): here only names and types count.
 */
#pragma once
#include <linux/types.h>

#define FMODE_WRITE  0x2U
#define FMODE_EXEC   0x20U /* in f_flags, too: it is opened to be run */
#define ATTR_SIZE    0x8U
#define VM_EXEC      0x4UL
#define PROT_EXEC    0x4UL
#define SB_KERNMOUNT 0x400000UL
#define S_IWGRP      020
#define S_IWOTH      002

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
	unsigned long s_flags, s_magic;
};

typedef struct {
	__u32 val;
} kuid_t;

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	__u32 i_generation;
	unsigned short i_mode;
	kuid_t i_uid;
};

struct dentry {
	struct inode *d_inode;
};

struct path {
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode, f_flags;
	struct path f_path;
	struct inode *f_inode;
	void *private_data; /* below a layered one: the real file, or what holds it */
};

struct iattr {
	unsigned int ia_valid;
};

struct vm_area_struct {
	unsigned long vm_start, vm_flags;
	struct file *vm_file;
};

struct linux_binprm {
	struct file *file;
	const char *filename, *interp; /* the same until one level is done */
};

#pragma clang attribute pop
