// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What the server answers, as far as the page reads it.

export interface Language {
	name: string;
	title: string | null;
	aliases?: string[];
	version?: string | null;
	available: boolean;
	reason?: string | null;
	source_name?: string | null;
}

export interface Diagnostic {
	stage?: string | null;
	severity?: string | null;
	type?: string | null;
	message?: string | null;
	file?: string | null;
	line?: number | null;
	column?: number | null;
}

export interface StageResult {
	status: string;
	stdout?: string;
	stderr?: string;
	execution_time?: number;
	wall_us?: number;
	memory_usage?: number;
	exit_code?: number | null;
	signal?: number | null;
	diagnostics?: Diagnostic[];
}

export interface Result extends StageResult {
	id?: string;
	message?: string | null;
	language?: string;
	runtime?: string | null;
	signal_name?: string | null;
	limit_hit?: string[];
	truncated?: boolean | { stdout?: boolean; stderr?: boolean };
	cpu_time_us?: number;
	compile?: StageResult | null;
	process_stats?: Record<string, unknown>;
	isolation?: Record<string, unknown>;
}

export interface Usage {
	stage?: string;
	wall_time_us: number;
	cpu_time_us: number;
	memory_bytes: number;
	tasks: number;
	read_bytes: number;
	write_bytes: number;
}

export interface Limits {
	cpu_time?: number;
	memory?: number;
	file_size?: number;
	disk_space?: number;
	output?: number;
	processes?: number;
}

export interface Request {
	language: string;
	code: string;
	input: string | null;
	interactive?: boolean;
	timeout?: number;
	args?: string[];
	limits?: Limits;
}
