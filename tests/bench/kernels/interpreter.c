//! A stack machine in a loop over `br_table`: what interpreters compiled to wasm do all day.

enum op { PUSH, ADD, SUB, MUL, DUP, SWAP, LOAD, STORE, JUMP_IF, LESS, XOR, SHIFT, POP, HALT };

static const int program[] = {
    PUSH, 0, STORE, 0, PUSH, 1, STORE, 1,
    LOAD, 0, PUSH, 3, MUL, LOAD, 1, ADD, DUP, PUSH, 5, SHIFT, XOR, STORE, 1,
    LOAD, 1, DUP, SWAP, SUB, LOAD, 1, XOR, POP,
    LOAD, 0, PUSH, 1, ADD, DUP, STORE, 0, PUSH, 20000, LESS, JUMP_IF, 8, HALT,
};
static int stack[64], variables[8];

static int execute(const int *code) {
    int *sp = stack;
    for (int pc = 0;;) {
        switch ((enum op)code[pc++]) {
        case PUSH: *sp++ = code[pc++]; break;
        case ADD: sp--, sp[-1] += sp[0]; break;
        case SUB: sp--, sp[-1] -= sp[0]; break;
        case MUL: sp--, sp[-1] *= sp[0]; break;
        case DUP: sp[0] = sp[-1], sp++; break;
        case SWAP: sp[0] = sp[-1], sp[-1] = sp[-2], sp[-2] = sp[0]; break;
        case LOAD: *sp++ = variables[code[pc++]]; break;
        case STORE: variables[code[pc++]] = *--sp; break;
        case JUMP_IF: pc = *--sp ? code[pc] : pc + 1; break;
        case LESS: sp--, sp[-1] = sp[-1] < sp[0]; break;
        case XOR: sp--, sp[-1] ^= sp[0]; break;
        case SHIFT: sp--, sp[-1] = (int)((unsigned)sp[-1] >> (sp[0] & 31)); break;
        case POP: sp--; break;
        case HALT: return variables[1];
        default: __builtin_trap();
        }
    }
}

__attribute__((export_name("run"))) int run(int rounds) {
    int sum = 0;
    while (rounds-- > 0) sum += execute(program);
    return sum;
}
