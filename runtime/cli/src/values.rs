//! The parameters of `-f`: as many as the function takes, each of its type.

use iwasm::text::parse_value;
use iwasm::{Engine, FuncType, Val, ValType};

use crate::error::UsageError;

/// Values for the parameters of a function, one text each.
pub(crate) fn parse(engine: &Engine, function: &str, ty: &FuncType, texts: &[String]) -> Result<Vec<Val>, UsageError> {
    if texts.len() != ty.params.len() {
        let (wanted, found) = (ty.params.len(), texts.len());
        return Err(UsageError::ValueCount { function: function.into(), ty: ty.to_string(), wanted, found });
    }
    let value = |(position, (ty, text)): (usize, (&ValType, &String))| {
        parse_value(engine, *ty, text).ok_or_else(|| UsageError::Value {
            function: function.into(),
            position,
            ty: ty.to_string(),
            value: text.clone(),
        })
    };
    (1..).zip(ty.params.iter().zip(texts)).map(value).collect()
}
