//! [`setters!`](crate::setters): how an object that a user builds is built.

/// A constructor with the required members, and a setter a member.
///
/// `new` also fills members that have one possible value, behind `;`.
///
/// ```
/// integrator_core::object! {
///     pub struct Item { 0 kind: String = "kind", 1 name: String = "name", 2 tags: Vec<String> = "tags", }
/// }
/// integrator_core::setters! {
///     Item { new(name: String; kind = "item"), tags: integrator_core::List<String>, }
/// }
/// let item = Item::new("pen").tags(["blue"]);
/// assert_eq!((item.kind.as_str(), item.tags.len()), ("item", 1));
/// ```
#[macro_export]
macro_rules! setters {
    ($name:ident {
        new($($required:ident: $required_ty:ty),* $(; $($fixed:ident = $value:literal),*)?),
        $($(#[$note:meta])* $field:ident: $ty:ty,)*
    }) => {
        impl $name {
            /// With what is required.
            #[must_use]
            #[allow(clippy::too_many_arguments, reason = "as many as the document requires")]
            pub fn new($($required: impl Into<$required_ty>),*) -> Self {
                #[allow(unused_mut, reason = "nothing may be required")]
                let mut object: Self = $crate::wire::Object::empty();
                $(
                    let $required: $required_ty = $required.into();
                    object.$required = $required.into();
                )*
                $($(object.$fixed = $value.into();)*)?
                object
            }

            $(
                #[must_use]
                $(#[$note])*
                pub fn $field(mut self, value: impl Into<$ty>) -> Self {
                    let value: $ty = value.into();
                    self.$field = value.into();
                    self
                }
            )*
        }
    };
}
