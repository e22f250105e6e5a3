//! [`setters!`](crate::setters): how an object that a user builds is built.

/// What a setter takes, as what the member holds.
#[doc(hidden)]
pub fn put<A: Into<T>, T>(value: impl Into<A>) -> T {
    value.into().into()
}

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
                let mut object: Self = $crate::wire::Wire::blank();
                $(object.$required = $crate::wire::put::<$required_ty, _>($required);)*
                $($(object.$fixed = $value.into();)*)?
                object
            }

            $(
                #[must_use]
                $(#[$note])*
                pub fn $field(mut self, value: impl Into<$ty>) -> Self {
                    self.$field = $crate::wire::put::<$ty, _>(value);
                    self
                }
            )*
        }
    };
}
