//! A value as it can be told to another process: numbers by their bits, references by whether they are null.

use std::fmt;
use std::str::FromStr;

use aot_format::types::ValType;
use serde::{Deserialize, Serialize};

/// A value. As text, the bits in hexadecimal and the type: `0x2a:i32`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Value {
    /// 32-bit integer.
    I32(u32),
    /// 64-bit integer.
    I64(u64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// 128-bit vector.
    V128(u128),
    /// A null reference of whatever type.
    Null,
    /// A reference that is not null. What it refers to is the machine's affair.
    Reference,
}

/// A text that is no value.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is no value")]
pub struct NoValue {
    /// The text.
    pub text: String,
}

impl Value {
    /// A number from its bits, or null where a reference can be null. None for references that cannot: nobody outside has
    /// one to give.
    pub fn from_bits(ty: ValType, bits: u128) -> Option<Value> {
        Some(match ty {
            ValType::I32 => Value::I32(bits as u32),
            ValType::I64 => Value::I64(bits as u64),
            ValType::F32 => Value::F32(bits as u32),
            ValType::F64 => Value::F64(bits as u64),
            ValType::V128 => Value::V128(bits),
            ValType::Ref(reference) if reference.nullable => Value::Null,
            ValType::Ref(_) => return None,
        })
    }

    /// Whether it is a float that is no number.
    pub fn is_nan(self) -> bool {
        match self {
            Value::F32(bits) => f32::from_bits(bits).is_nan(),
            Value::F64(bits) => f64::from_bits(bits).is_nan(),
            _ => false,
        }
    }

    /// Whether two values are equal to the bit, or NaNs of one type. A vector is taken as floats of either width.
    pub fn same_class(self, other: Value) -> bool {
        match (self, other) {
            (Value::F32(_), Value::F32(_)) | (Value::F64(_), Value::F64(_)) if self.is_nan() => other.is_nan(),
            (Value::V128(left), Value::V128(right)) => {
                crate::nan::same_but_for_nans(&left.to_le_bytes(), &right.to_le_bytes())
            }
            _ => self == other,
        }
    }

    /// Whether another value is equal to the bit, or canonical where this one is a NaN. A vector is taken as floats of
    /// either width.
    pub fn canonical_is(self, found: Value) -> bool {
        match (self, found) {
            (Value::F32(_), Value::F32(bits)) if self.is_nan() => self == found || bits == 0x7fc0_0000,
            (Value::F64(_), Value::F64(bits)) if self.is_nan() => self == found || bits == 0x7ff8_0000_0000_0000,
            (Value::V128(expected), Value::V128(found)) => {
                crate::nan::canonical_where_nan(&expected.to_le_bytes(), &found.to_le_bytes())
            }
            _ => self == found,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(value) => write!(f, "{value:#x}:i32"),
            Value::I64(value) => write!(f, "{value:#x}:i64"),
            Value::F32(bits) => write!(f, "{bits:#x}:f32"),
            Value::F64(bits) => write!(f, "{bits:#x}:f64"),
            Value::V128(bits) => write!(f, "{bits:#x}:v128"),
            Value::Null => f.write_str("null"),
            Value::Reference => f.write_str("reference"),
        }
    }
}

impl FromStr for Value {
    type Err = NoValue;

    fn from_str(text: &str) -> Result<Value, NoValue> {
        let wrong = || NoValue { text: text.to_owned() };
        if let Some((bits, ty)) = text.split_once(':') {
            let bits = bits.strip_prefix("0x").ok_or_else(wrong)?;
            let bits = u128::from_str_radix(bits, 16).map_err(|_| wrong())?;
            return match ty {
                "i32" => u32::try_from(bits).map(Value::I32),
                "i64" => u64::try_from(bits).map(Value::I64),
                "f32" => u32::try_from(bits).map(Value::F32),
                "f64" => u64::try_from(bits).map(Value::F64),
                "v128" => Ok(Value::V128(bits)),
                _ => return Err(wrong()),
            }
            .map_err(|_| wrong());
        }
        match text {
            "null" => Ok(Value::Null),
            "reference" => Ok(Value::Reference),
            _ => Err(wrong()),
        }
    }
}

impl From<Value> for String {
    fn from(value: Value) -> String {
        value.to_string()
    }
}

impl TryFrom<String> for Value {
    type Error = NoValue;

    fn try_from(text: String) -> Result<Value, NoValue> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_as_text() {
        let values = [
            Value::I32(u32::MAX),
            Value::I64(1 << 63),
            Value::F32(0x7fc0_0000),
            Value::F64(0),
            Value::V128(u128::MAX),
            Value::Null,
            Value::Reference,
        ];
        for value in values {
            assert_eq!(value.to_string().parse::<Value>().unwrap(), value);
        }
        for wrong in ["", "1:i32", "0x100000000:i32", "0x1:i16", "0x:f32", "ref"] {
            assert!(wrong.parse::<Value>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nans_are_of_one_class() {
        assert!(Value::F32(0x7fc0_0000).same_class(Value::F32(0xffc0_0001)));
        assert!(!Value::F32(0x7fc0_0000).same_class(Value::F32(0x7f80_0000)));
        assert!(Value::F64(0x7ff8 << 48).same_class(Value::F64(0xfff8 << 48)));
        assert!(!Value::F64(0x7ff8 << 48).same_class(Value::F64(0)));
        assert!(!Value::I32(0x7fc0_0000).same_class(Value::I32(0xffc0_0000)));
        assert!(Value::V128(0x7fc0_0000).same_class(Value::V128(0xffc0_0000)));
        assert!(!Value::V128(0x7fc0_0000).same_class(Value::V128(0xffc0_0000 | 1 << 32)));
        assert!(Value::V128(0x7ff8 << 48).same_class(Value::V128((0xfff8 << 48) | 7)));
    }
}
