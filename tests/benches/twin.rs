//! The answer that the benches read, once more, as serde's derives have it: every member, and everything read at once.
//!
//! What no fixture holds (a subscription, a bank account) is the generated type itself: it costs neither side anything.

use std::collections::BTreeMap;

use integrator_stripe::types;
use serde::{Deserialize, Serialize};

macro_rules! derived {
    ($(struct $name:ident$(<$item:ident>)? { $($field:ident: $ty:ty,)* $(; $($maybe:ident: $maybe_ty:ty,)*)? })*) => {
        $(
            #[derive(Deserialize, Serialize)]
            pub(crate) struct $name$(<$item>)? {
                $(pub(crate) $field: $ty,)*
                $($(
                    #[serde(skip_serializing_if = "Option::is_none")]
                    pub(crate) $maybe: Option<$maybe_ty>,
                )*)?
            }
        )*
    };
}

macro_rules! listed {
    ($(enum $name:ident { $($variant:ident,)* })*) => {
        $(
            #[derive(Deserialize, Serialize)]
            #[serde(rename_all = "snake_case")]
            pub(crate) enum $name { $($variant,)* }
        )*
    };
}

derived! {
    struct Customer {
        created: i64,
        id: String,
        livemode: bool,
        object: CustomerObject,
        ;
        address: Address,
        balance: i64,
        business_name: String,
        cash_balance: types::CashBalance,
        currency: String,
        customer_account: String,
        default_source: Expandable<PaymentSource>,
        delinquent: bool,
        description: String,
        discount: Discount,
        email: String,
        individual_name: String,
        invoice_credit_balance: BTreeMap<String, i64>,
        invoice_prefix: String,
        invoice_settings: InvoiceSettings,
        metadata: BTreeMap<String, String>,
        name: String,
        next_invoice_sequence: i64,
        phone: String,
        preferred_locales: Vec<String>,
        shipping: Shipping,
        sources: List<PaymentSource>,
        subscriptions: List<types::Subscription>,
        tax: types::CustomerTax,
        tax_exempt: TaxExempt,
        tax_ids: List<types::TaxId>,
        test_clock: Expandable<types::TestHelpersTestClock>,
    }

    struct Address {
        ;
        city: String,
        country: String,
        line1: String,
        line2: String,
        postal_code: String,
        state: String,
    }

    struct Discount {
        id: String,
        object: DiscountObject,
        source: DiscountSource,
        start: i64,
        ;
        checkout_session: String,
        customer: Expandable<Box<Customer>>,
        customer_account: String,
        end: i64,
        invoice: String,
        invoice_item: String,
        promotion_code: Expandable<Box<types::PromotionCode>>,
        subscription: String,
        subscription_item: String,
    }

    struct InvoiceSettings {
        ;
        custom_fields: Vec<CustomField>,
        default_payment_method: Expandable<Box<types::PaymentMethod>>,
        footer: String,
        rendering_options: RenderingOptions,
    }

    struct CustomField {
        name: String,
        value: String,
    }

    struct RenderingOptions {
        ;
        amount_tax_display: String,
        template: String,
    }

    struct Shipping {
        ;
        address: Address,
        carrier: String,
        name: String,
        phone: String,
        tracking_number: String,
    }

    struct List<T> {
        data: Vec<T>,
        has_more: bool,
        object: ListObject,
        url: String,
    }

    struct Card {
        brand: String,
        exp_month: i64,
        exp_year: i64,
        funding: String,
        id: String,
        last4: String,
        ;
        account: Expandable<Box<types::Account>>,
        address_city: String,
        address_country: String,
        address_line1: String,
        address_line1_check: String,
        address_line2: String,
        address_state: String,
        address_zip: String,
        address_zip_check: String,
        allow_redisplay: AllowRedisplay,
        available_payout_methods: Vec<PayoutMethod>,
        country: String,
        currency: String,
        customer: Expandable<Box<Customer>>,
        cvc_check: String,
        default_for_currency: bool,
        description: String,
        dynamic_last4: String,
        fingerprint: String,
        iin: String,
        issuer: String,
        metadata: BTreeMap<String, String>,
        name: String,
        networks: Networks,
        regulated_status: Regulated,
        status: String,
        tokenization_method: String,
    }

    struct Networks {
        ;
        preferred: String,
    }
}

listed! {
    enum CustomerObject { Customer, }
    enum DiscountObject { Discount, }
    enum ListObject { List, }
    enum TaxExempt { Exempt, None, Reverse, }
    enum SourceKind { Coupon, }
    enum AllowRedisplay { Always, Limited, Unspecified, }
    enum PayoutMethod { Instant, Standard, }
    enum Regulated { Regulated, Unregulated, }
}

#[derive(Deserialize, Serialize)]
pub(crate) struct DiscountSource {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coupon: Option<Expandable<Box<types::Coupon>>>,
    #[serde(rename = "type")]
    pub(crate) kind: SourceKind,
}

/// An id or the object, read at once.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Expandable<T> {
    Id(String),
    Object(T),
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub(crate) enum PaymentSource {
    BankAccount(Box<types::BankAccount>),
    Card(Box<Card>),
    Source(Box<types::Source>),
}
