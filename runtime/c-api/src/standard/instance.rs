//! Instances: a module with its imports, in order.

use runtime::{Extern, Instance};

use super::refs::{Kind, Ref};
use super::vec::CVec;
use super::{CStore, give, module, trap};
use crate::boundary::{Out, guard, put};

#[unsafe(no_mangle)]
pub extern "C" fn wasm_instance_new(
    store: Option<&CStore>,
    module: Option<&Ref>,
    imports: Option<&CVec<*mut Ref>>,
    trap: Out<'_, *mut Ref>,
) -> *mut Ref {
    guard(std::ptr::null_mut(), || {
        let (Some(store), Some((module, _))) = (store, module::of(module)) else { return std::ptr::null_mut() };
        // SAFETY: elements are null, or alive.
        let items = imports.map_or(&[][..], CVec::as_slice).iter().map(|item| unsafe { item.as_ref() });
        let items: Option<Vec<Extern>> = items.map(|item| item.and_then(Ref::to_extern)).collect();
        let Some(items) = items else {
            if let Some(trap) = trap {
                trap.write(trap::of_message(store, "an import is NULL, or nothing that can be imported"));
            }
            return std::ptr::null_mut();
        };
        match store.shared.with(|context| Instance::new(context, module, &items)) {
            Ok(instance) => {
                put(trap, std::ptr::null_mut());
                give(Ref::new(store, Kind::Instance(instance)))
            }
            Err(error) => {
                if let Some(trap) = trap {
                    trap.write(trap::of_error(store, &error));
                }
                std::ptr::null_mut()
            }
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_instance_exports(instance: Option<&Ref>, out: Out<'_, CVec<*mut Ref>>) {
    guard((), || {
        let exports = instance.map_or(Vec::new(), |reference| match reference.object.kind {
            Kind::Instance(instance) => {
                let store = &reference.store;
                let items = store.shared.with(|context| instance.exports(&context));
                items.into_iter().map(|(_, item)| give(Ref::of_extern(store, item))).collect()
            }
            _ => Vec::new(),
        });
        put(out, exports.into());
    });
}
