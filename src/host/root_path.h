/* SPDX-License-Identifier: MIT */
/*
 * Where programs of root are looked for by their names, unless somebody says otherwise:
 * login.defs(5) ENV_SUPATH, sudoers(5) secure_path, systemd.exec(5).
 */
#pragma once

#define ROOT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
