# What a thread begins with: the stack pointer is a global of each instance, so a thread sets its own, from the first
# field of its argument, and goes on in C.
	.globaltype	__stack_pointer, i32
	.functype	thread_main (i32, i32) -> ()
	.section	.text.wasi_thread_start,"",@
	.globl	wasi_thread_start
	.export_name	wasi_thread_start, wasi_thread_start
	.type	wasi_thread_start,@function
wasi_thread_start:
	.functype	wasi_thread_start (i32, i32) -> ()
	local.get	1
	i32.load	0
	global.set	__stack_pointer
	local.get	0
	local.get	1
	call	thread_main
	end_function
