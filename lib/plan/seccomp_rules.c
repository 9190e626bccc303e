/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * System calls that are allowed with some arguments only. Each line is one way to be allowed. */
#include "plan/seccomp_tables.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/base.h"

/* Constants that the headers of the oldest system that we build on may lack. */
enum {
	MFD_HUGE_TLB = 0x4,	  /* MFD_HUGETLB */
	O_TMPFILE_BIT = 020000000, /* O_TMPFILE without O_DIRECTORY */
	SET_MDWE = 65,
	GET_MDWE = 66,
	SME_SET_VL = 63,
	SME_GET_VL = 64,
	PAC_SET_ENABLED_KEYS = 60,
	PAC_GET_ENABLED_KEYS = 61,
	SET_VMA = 0x53564d41,
	GET_AUXV = 0x41555856,
	DUPFD_QUERY = 1027,
	TCP_FASTOPEN_CONNECT_OPTION = 30
};

#define SET_ID_BITS (S_ISUID | S_ISGID)
#define NAMESPACE_BITS                                                                                      \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |       \
	 CLONE_NEWNET)
#define SOCKET_TYPE(index_, type_) CE_CHECK_EXCEPT(index_, SOCK_NONBLOCK | SOCK_CLOEXEC, type_)

/* Tables read better in lines. */
/* clang-format off */
#define IOCTL(request_) { "ioctl", { CE_CHECK_INT(1, request_) } }
#define PRCTL(option_) { "prctl", { CE_CHECK_INT(0, option_) } }
#define FCNTL(command_) { "fcntl", { CE_CHECK_INT(1, command_) } }
#define SOCKET(family_, type_, protocol_)                                                                   \
	{ "socket", { CE_CHECK_INT(0, family_), SOCKET_TYPE(1, type_), CE_CHECK_INT(2, protocol_) } }
/* `count_` options, a power of two, from `first_` on, a multiple of it. */
#define SOCKOPTS(level_, first_, count_)                                                                    \
	{ "setsockopt", { CE_CHECK_INT(1, level_), CE_CHECK_EXCEPT(2, (count_) - 1, first_) } }
/* Only for itself: pid 0. */
#define RLIMIT(resource_)                                                                                   \
	{ "setrlimit", { CE_CHECK_INT(0, resource_) } },                                                    \
	{ "prlimit64", { CE_CHECK_INT(0, 0), CE_CHECK_INT(1, resource_) } }
/* Without the set-id bits, so that only the type counts. */
#define NODE(type_)                                                                                         \
	{ "mknod", { CE_CHECK_BITS(1, S_IFMT | SET_ID_BITS, type_) } },                                     \
	{ "mknodat", { CE_CHECK_BITS(2, S_IFMT | SET_ID_BITS, type_) } }

const struct ce_seccomp_rule ce__seccomp_rules[] = {
	{ "clone", { CE_CHECK_CLEAR(0, NAMESPACE_BITS) } },

	/* Huge pages come out of a pool of the whole machine and are charged to no memory limit. */
	{ "mmap", { CE_CHECK_CLEAR(3, MAP_HUGETLB) } },
	{ "shmget", { CE_CHECK_CLEAR(2, SHM_HUGETLB) } },
	{ "memfd_create", { CE_CHECK_CLEAR(1, MFD_HUGE_TLB) } },

	/* Set-id bits. The mode counts only when a file may be made. */
	{ "chmod", { CE_CHECK_CLEAR(1, SET_ID_BITS) } },
	{ "fchmod", { CE_CHECK_CLEAR(1, SET_ID_BITS) } },
	{ "fchmodat", { CE_CHECK_CLEAR(2, SET_ID_BITS) } },
	{ "fchmodat2", { CE_CHECK_CLEAR(2, SET_ID_BITS) } },
	{ "creat", { CE_CHECK_CLEAR(1, SET_ID_BITS) } },
	{ "open", { CE_CHECK_CLEAR(1, O_CREAT | O_TMPFILE_BIT) } },
	{ "open", { CE_CHECK_CLEAR(2, SET_ID_BITS) } },
	{ "openat", { CE_CHECK_CLEAR(2, O_CREAT | O_TMPFILE_BIT) } },
	{ "openat", { CE_CHECK_CLEAR(3, SET_ID_BITS) } },
	NODE(0), NODE(S_IFREG), NODE(S_IFIFO), NODE(S_IFSOCK),

	/* Limits. Not RLIMIT_CORE: at 1 it stops even a core_pattern that is a pipe, at 0 it does not. */
	RLIMIT(RLIMIT_CPU), RLIMIT(RLIMIT_FSIZE), RLIMIT(RLIMIT_DATA), RLIMIT(RLIMIT_STACK),
	RLIMIT(RLIMIT_RSS), RLIMIT(RLIMIT_NPROC), RLIMIT(RLIMIT_NOFILE), RLIMIT(RLIMIT_MEMLOCK),
	RLIMIT(RLIMIT_AS), RLIMIT(RLIMIT_LOCKS), RLIMIT(RLIMIT_SIGPENDING), RLIMIT(RLIMIT_MSGQUEUE),
	RLIMIT(RLIMIT_NICE), RLIMIT(RLIMIT_RTPRIO), RLIMIT(RLIMIT_RTTIME),
	{ "prlimit64", { CE_CHECK_INT(0, 0), CE_CHECK_INT(1, RLIMIT_CORE), CE_CHECK_NULL(2) } },

	/* Weakening address randomisation is the group "personality". */
	{ "personality", { CE_CHECK_INT(0, PER_LINUX) } },
	{ "personality", { CE_CHECK_INT(0, 0xffffffff) } }, /* asks what it is */

	/* Not F_SETLEASE and F_NOTIFY: a lease makes others wait who open the file. */
	FCNTL(F_DUPFD), FCNTL(F_DUPFD_CLOEXEC), FCNTL(DUPFD_QUERY), FCNTL(F_GETFD), FCNTL(F_SETFD),
	FCNTL(F_GETFL), FCNTL(F_SETFL), FCNTL(F_GETLK), FCNTL(F_SETLK), FCNTL(F_SETLKW), FCNTL(F_OFD_GETLK),
	FCNTL(F_OFD_SETLK), FCNTL(F_OFD_SETLKW), FCNTL(F_GETOWN), FCNTL(F_SETOWN), FCNTL(F_GETOWN_EX),
	FCNTL(F_SETOWN_EX), FCNTL(F_GETSIG), FCNTL(F_SETSIG), FCNTL(F_GETPIPE_SZ), FCNTL(F_SETPIPE_SZ),
	FCNTL(F_ADD_SEALS), FCNTL(F_GET_SEALS), FCNTL(F_GETLEASE),

	/* Any file, then terminals, then what may be asked about network interfaces. Not TIOCSTI, TIOCLINUX,
	 * TIOCSETD, TIOCCONS nor anything that configures. */
	IOCTL(FIONREAD), IOCTL(FIONBIO), IOCTL(FIOASYNC), IOCTL(FIOCLEX), IOCTL(FIONCLEX), IOCTL(FIOQSIZE),
	IOCTL(TCGETS), IOCTL(TCSETS), IOCTL(TCSETSW), IOCTL(TCSETSF), IOCTL(TCGETS2), IOCTL(TCSETS2),
	IOCTL(TCSETSW2), IOCTL(TCSETSF2), IOCTL(TCGETA), IOCTL(TCSETA), IOCTL(TCSETAW), IOCTL(TCSETAF),
	IOCTL(TCSBRK), IOCTL(TCSBRKP), IOCTL(TCXONC), IOCTL(TCFLSH), IOCTL(TIOCOUTQ), IOCTL(TIOCGWINSZ),
	IOCTL(TIOCSWINSZ), IOCTL(TIOCGPGRP), IOCTL(TIOCSPGRP), IOCTL(TIOCGSID), IOCTL(TIOCNOTTY),
	IOCTL(SIOCATMARK), IOCTL(SIOCGIFNAME), IOCTL(SIOCGIFINDEX), IOCTL(SIOCGIFCONF), IOCTL(SIOCGIFFLAGS),
	IOCTL(SIOCGIFADDR), IOCTL(SIOCGIFBRDADDR), IOCTL(SIOCGIFNETMASK), IOCTL(SIOCGIFMTU),
	IOCTL(SIOCGIFHWADDR),

	/* Not PR_SET_SECCOMP, PR_SET_MM, PR_SET_PTRACER, PR_SET_SYSCALL_USER_DISPATCH, PR_SCHED_CORE,
	 * PR_SET_MEMORY_MERGE, PR_SET_SPECULATION_CTRL, PR_MCE_KILL, PR_TASK_PERF_EVENTS_* nor PR_SET_TSC. */
	PRCTL(PR_SET_NAME), PRCTL(PR_GET_NAME), PRCTL(PR_SET_PDEATHSIG), PRCTL(PR_GET_PDEATHSIG),
	PRCTL(PR_SET_DUMPABLE), PRCTL(PR_GET_DUMPABLE), PRCTL(PR_SET_KEEPCAPS), PRCTL(PR_GET_KEEPCAPS),
	PRCTL(PR_GET_SECUREBITS), PRCTL(PR_CAPBSET_READ), PRCTL(PR_CAPBSET_DROP), PRCTL(PR_CAP_AMBIENT),
	PRCTL(PR_SET_NO_NEW_PRIVS), PRCTL(PR_GET_NO_NEW_PRIVS), PRCTL(PR_GET_SECCOMP),
	PRCTL(PR_SET_TIMERSLACK), PRCTL(PR_GET_TIMERSLACK), PRCTL(PR_GET_TIMING), PRCTL(PR_GET_TSC),
	PRCTL(PR_SET_CHILD_SUBREAPER), PRCTL(PR_GET_CHILD_SUBREAPER), PRCTL(PR_GET_TID_ADDRESS),
	PRCTL(PR_SET_THP_DISABLE), PRCTL(PR_GET_THP_DISABLE), PRCTL(PR_GET_SPECULATION_CTRL),
	PRCTL(PR_MCE_KILL_GET), PRCTL(SET_VMA), PRCTL(GET_AUXV), PRCTL(SET_MDWE), PRCTL(GET_MDWE),
	/* aarch64: vector lengths, pointer authentication, tagged addresses; EINVAL elsewhere */
	PRCTL(PR_SVE_SET_VL), PRCTL(PR_SVE_GET_VL), PRCTL(SME_SET_VL), PRCTL(SME_GET_VL),
	PRCTL(PR_PAC_RESET_KEYS), PRCTL(PAC_SET_ENABLED_KEYS), PRCTL(PAC_GET_ENABLED_KEYS),
	PRCTL(PR_SET_TAGGED_ADDR_CTRL), PRCTL(PR_GET_TAGGED_ADDR_CTRL),

	/* No raw and packet sockets, no SCTP, MPTCP, DCCP, no netlink (a group), no other families. */
	{ "socket", { CE_CHECK_INT(0, AF_UNIX), SOCKET_TYPE(1, SOCK_STREAM) } },
	{ "socket", { CE_CHECK_INT(0, AF_UNIX), SOCKET_TYPE(1, SOCK_DGRAM) } },
	SOCKET(AF_INET, SOCK_STREAM, 0), SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET, SOCK_DGRAM, 0), SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_INET6, SOCK_STREAM, 0), SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET6, SOCK_DGRAM, 0), SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	{ "socketpair", { CE_CHECK_INT(0, AF_UNIX) } },

	/* Not SO_ATTACH_* (programs for the kernel to run), TCP_ULP, TCP_REPAIR, TCP_MD5SIG, IP_OPTIONS,
	 * IPsec policies, netfilter's options nor other levels. Each is a block of neighbouring options. */
	SOCKOPTS(SOL_SOCKET, 0, 16),	  /* SO_DEBUG to SO_REUSEPORT */
	SOCKOPTS(SOL_SOCKET, SO_PASSCRED, 8),	  /* to SO_SECURITY_ENCRYPTION_TRANSPORT */
	SOCKOPTS(SOL_SOCKET, SO_SECURITY_ENCRYPTION_NETWORK, 2), /* and SO_BINDTODEVICE */
	SOCKOPTS(SOL_SOCKET, SO_PEERNAME, 4), /* to SO_PEERSEC, SO_TIMESTAMP among them */
	SOCKOPTS(SOL_SOCKET, SO_TIMESTAMPNS, 1), SOCKOPTS(SOL_SOCKET, SO_BUSY_POLL, 1),
	SOCKOPTS(IPPROTO_TCP, 0, 8), /* TCP_NODELAY to TCP_SYNCNT */
	SOCKOPTS(IPPROTO_TCP, TCP_LINGER2, 4), /* to TCP_INFO */
	SOCKOPTS(IPPROTO_TCP, TCP_QUICKACK, 2), /* and TCP_CONGESTION */
	SOCKOPTS(IPPROTO_TCP, TCP_USER_TIMEOUT, 1), SOCKOPTS(IPPROTO_TCP, TCP_FASTOPEN, 1),
	SOCKOPTS(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1), SOCKOPTS(IPPROTO_TCP, TCP_FASTOPEN_CONNECT_OPTION, 1),
	SOCKOPTS(IPPROTO_IP, IP_TOS, 1), SOCKOPTS(IPPROTO_IP, IP_TTL, 1),
	SOCKOPTS(IPPROTO_IP, IP_PKTINFO, 8), /* to IP_FREEBIND */
	SOCKOPTS(IPPROTO_IP, IP_MULTICAST_IF, 4), /* to IP_ADD_MEMBERSHIP */
	SOCKOPTS(IPPROTO_IP, IP_DROP_MEMBERSHIP, 1), SOCKOPTS(IPPROTO_IP, IP_MULTICAST_ALL, 1),
	SOCKOPTS(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1),
	SOCKOPTS(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 4),  /* to IPV6_MULTICAST_LOOP */
	SOCKOPTS(IPPROTO_IPV6, IPV6_JOIN_GROUP, 2),    /* and IPV6_LEAVE_GROUP */
	SOCKOPTS(IPPROTO_IPV6, IPV6_MTU_DISCOVER, 1),
	SOCKOPTS(IPPROTO_IPV6, IPV6_MTU, 4), /* IPV6_RECVERR, IPV6_V6ONLY, IPV6_JOIN_ANYCAST */
	SOCKOPTS(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1),
	SOCKOPTS(IPPROTO_IPV6, IPV6_PKTINFO, 2), /* and IPV6_RECVHOPLIMIT */
	SOCKOPTS(IPPROTO_IPV6, IPV6_RECVTCLASS, 2),    /* and IPV6_TCLASS */
};
/* clang-format on */
const size_t ce__seccomp_rule_count = CE_ARRAY_SIZE(ce__seccomp_rules);

const struct ce_seccomp_set ce__seccomp_base = {
	.name = "base",
	.purpose = "what every program may do",
	.calls = ce__seccomp_calls,
	.rules = ce__seccomp_rules,
	.rule_count = CE_ARRAY_SIZE(ce__seccomp_rules),
};
