//! What a user writes between `client` and `.await`: the macros that turn generated lists into accessors and setters.
//!
//! They hold no behaviour; a setter hands its value to [`Call`](crate::Call), which the engine runs.

/// One operation: its data, and its call with a setter an argument.
///
/// `CREATE as CreateCall -> Customer, items Customer` names the static, the call, its answer and, where it pages, an
/// item; `-> Message, stream MessageEvent` where it streams, an event. Arguments are in the order of their positions:
/// those of the path, those with a setter, files, lists of files, and in `switch` the one that `stream()` sets.
#[doc(hidden)]
#[macro_export]
macro_rules! operation {
    (
        $(#[$meta:meta])*
        $data:ident as $name:ident -> $answer:ty $(, items $item:ty)? $(, stream $event:ty)? { $($fact:ident: $value:expr,)* }
        $(path($($path:literal),*))?
        $($(#[$note:meta])* $index:literal $argument:ident: $ty:ty = $how:ident($wire:literal $(, $style:ident)? $(; $media_type:literal)?) $(.$needed:ident())?,)*
        $(files { $($(#[$file_note:meta])* $file_index:literal $file:ident = $file_wire:literal $(.$file_needed:ident())?,)* })?
        $(lists { $($(#[$list_note:meta])* $list_index:literal $list:ident = $list_wire:literal($one:literal, $many:literal) $(.$list_needed:ident())?,)* })?
        $(switch $switch:ident($switch_wire:literal $(, $switch_style:ident)?))?
    ) => {
        $(#[$meta])*
        pub static $data: $crate::operation::Operation = $crate::operation::Operation {
            $($fact: $value,)*
            arguments: &[
                $($($crate::operation::Argument::path($path),)*)?
                $($crate::operation::Argument::$how($wire $(, $media_type)?)
                    $(.styled($crate::operation::QueryStyle::$style))? $(.$needed())?,)*
                $($($crate::operation::Argument::file($file_wire) $(.$file_needed())?,)*)?
                $($($crate::operation::Argument::files($list_wire, $one, $many) $(.$list_needed())?,)*)?
                $($crate::operation::Argument::$switch($switch_wire)
                    $(.styled($crate::operation::QueryStyle::$switch_style))?,)?
            ],
            ..$crate::operation::Operation::DEFAULT
        };

        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[must_use = "nothing is sent before `send()`"]
        pub struct $name($crate::Call<$answer>);

        impl $name {
            #[doc(hidden)]
            #[inline]
            pub fn new(client: &$crate::Client) -> Self {
                Self($crate::Client::call(client, &$data))
            }

            #[doc(hidden)]
            #[inline]
            pub fn path(self, index: u16, value: &dyn ::std::fmt::Display) -> Self {
                Self(self.0.path(index, value))
            }

            $(
                $(#[$note])*
                pub fn $argument(self, value: impl Into<$ty>) -> Self {
                    let value: $ty = value.into();
                    Self(self.0.argument($index, &value))
                }
            )*

            $($(
                $(#[$file_note])*
                #[inline]
                pub fn $file(self, upload: $crate::Upload) -> Self {
                    Self(self.0.upload($file_index, upload))
                }
            )*)?

            $($(
                $(#[$list_note])*
                pub fn $list(self, uploads: impl Into<$crate::Uploads>) -> Self {
                    let uploads: $crate::Uploads = uploads.into();
                    Self(self.0.upload($list_index, uploads))
                }
            )*)?

            /// Sets an argument by its name on the wire, without a type.
            #[inline]
            pub fn set(self, name: &str, value: $crate::Value) -> Self {
                Self(self.0.set(name, value))
            }

            /// Sets every argument of the body that `value` has as a member.
            #[inline]
            pub fn body(self, value: $crate::Value) -> Self {
                Self(self.0.body(value))
            }

            /// Options of this call alone.
            #[inline]
            pub fn with(self, options: impl Into<$crate::RequestOptions>) -> Self {
                Self(self.0.with(options))
            }

            /// The call as a value: to be stored, looked into, or sent later.
            #[inline]
            pub fn call(self) -> $crate::Call<$answer> {
                self.0
            }

            /// The same call, answered as a [`Value`](integrator_core::Value).
            #[inline]
            pub fn raw(self) -> $crate::Call<$crate::Value> {
                self.0.raw()
            }

            /// Sends it.
            #[inline]
            pub fn send(self) -> $crate::Sending<$answer> {
                self.0.send()
            }

            $(
                /// Every item of every page, asked for as they are taken.
                #[inline]
                pub fn items(self) -> $crate::Items<$item> {
                    self.0.items()
                }

                /// Page after page.
                #[inline]
                pub fn pages(self) -> $crate::Pages<$item> {
                    self.0.pages()
                }
            )?

            $(
                /// Sends it, and hands out the answer's events as they come.
                #[inline]
                pub fn stream(self) -> $crate::Opening<$event> {
                    self.0.stream()
                }
            )?
        }

        impl From<$name> for $crate::Call<$answer> {
            #[inline]
            fn from(call: $name) -> Self {
                call.0
            }
        }
    };
}

/// A group of operations: verbs that start a call, by the name that the document gives it too, and the resources below.
#[doc(hidden)]
#[macro_export]
macro_rules! resource {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$note:meta])* $verb:ident($($index:literal $argument:ident),*) -> $call:ident $(as $alias:literal)?,)*
        } $(resources { $($(#[$sub_note:meta])* $sub:ident: $sub_ty:ty,)* })?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name($crate::Client);

        impl $name {
            #[doc(hidden)]
            #[must_use]
            #[inline]
            pub fn new(client: $crate::Client) -> Self {
                Self(client)
            }

            $($(
                $(#[$sub_note])*
                #[must_use]
                #[inline]
                pub fn $sub(&self) -> $sub_ty {
                    <$sub_ty>::new(self.0.clone())
                }
            )*)?

            $(
                $(#[$note])*
                $(#[doc(alias = $alias)])?
                pub fn $verb(&self, $($argument: impl ::std::fmt::Display),*) -> $call {
                    $call::new(&self.0)$(.path($index, &$argument))*
                }
            )*
        }
    };
}

/// The client of one provider: its resources, and how it is made.
#[doc(hidden)]
#[macro_export]
macro_rules! client {
    (
        $(#[$meta:meta])*
        pub struct $name:ident for $provider:path {
            $($(#[$sub_note:meta])* $sub:ident: $sub_ty:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name($crate::Client);

        impl $name {
            /// A client with safe defaults whose key stands in the environment.
            ///
            /// # Errors
            /// When the variable is not set; the error names it.
            pub fn from_env() -> Result<Self, $crate::Error> {
                $crate::Client::from_env($provider).map(Self)
            }

            /// A client to be set up.
            #[must_use]
            pub fn builder() -> $crate::ClientBuilder<Self> {
                $crate::ClientBuilder::new($provider)
            }

            /// The engine behind it: to describe the pipeline, or to call an operation by its name.
            #[must_use]
            #[inline]
            pub fn core(&self) -> &$crate::Client {
                &self.0
            }

            $(
                $(#[$sub_note])*
                #[must_use]
                #[inline]
                pub fn $sub(&self) -> $sub_ty {
                    <$sub_ty>::new(self.0.clone())
                }
            )*
        }

        impl From<$crate::Client> for $name {
            #[inline]
            fn from(client: $crate::Client) -> Self {
                Self(client)
            }
        }
    };
}
