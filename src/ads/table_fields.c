#include "ads/table_fields.h"

static const struct {
    const char *name, *title;
    enum field_type type;
} FIELDS[] = {
#define X(name, text, type, title) {text, title, FIELD_TYPE_##type},
    TABLE_FIELDS(X)
#undef X
};

/* Headings as cell_fold makes them, the best first: of two columns that could be a field, the better one is. */
static const struct {
    enum table_field field;
    const char *headings;
} HEADINGS[] = {
    {FIELD_DATE, "date day дата день data reporting_starts starts by_day stat_time_day time дата_показа день_показа "
                 "timestamp date_start start_date дата_начала"},
    {FIELD_DATE_END, "date_end reporting_ends ends end_date date_stop дата_окончания окончание_отчетного_периода"},
    {FIELD_SOURCE, "source источник ad_source ad_platform рекламная_система джерело"},
    {FIELD_ACCOUNT, "account_id account customer_id ad_account_id advertiser_id id_аккаунта аккаунт account_name логин "
                    "кабинет"},
    {FIELD_CAMPAIGN_ID, "campaign_id campaignid ad_plan_id id_кампании ид_кампании номер_кампании №_кампании "
                        "кампания_id id_кампанії"},
    {FIELD_CAMPAIGN_NAME, "campaign_name campaignname campaign ad_plan_name название_кампании имя_кампании кампания "
                          "рекламная_кампания название_рекламной_кампании назва_кампанії кампанія"},
    {FIELD_CAMPAIGN_STATUS, "campaign_status campaign_state campaign_delivery статус_кампании status статус"},
    {FIELD_AD_SET_ID, "adset_id ad_set_id adgroup_id ad_group_id adgroupid id_группы ид_группы номер_группы "
                      "id_группы_объявлений №_группы"},
    {FIELD_AD_SET_NAME, "adset_name ad_set_name adgroup_name ad_group_name adgroupname ad_group adgroup ad_set "
                        "название_группы название_группы_объявлений группа_объявлений группа група_оголошень"},
    {FIELD_AD_ID, "ad_id adid banner_id creative_id id_объявления ид_объявления номер_объявления №_объявления "
                  "id_баннера id_оголошення"},
    {FIELD_AD_NAME, "ad_name adname ad название_объявления объявление заголовок_объявления creative creative_name "
                    "banner_name баннер оголошення"},
    {FIELD_AD_STATUS, "ad_status ad_delivery статус_объявления"},
    {FIELD_CHANNEL, "channel channel_used channel_name канал"},
    {FIELD_PLACEMENT, "placement platform publisher_platform network ad_network_type тип_площадки площадка "
                      "место_размещения место_показа плейсмент placement_type майданчик"},
    {FIELD_COUNTRY, "country country_code страна country_territory країна"},
    {FIELD_IMPRESSIONS, "impressions impr views shows показы показов просмотры просмотров impression "
                        "всего_показов покази перегляди"},
    {FIELD_REACH, "reach охват unique_users охоплення"},
    {FIELD_CLICKS, "clicks click link_clicks clicks_destination clicks_all клики кликов переходы переходов кліки"},
    {FIELD_COST, "cost spend amount_spent spent total_cost total_spent spent_budget amount расход расходы затраты "
                 "потрачено израсходовано стоимость потраченный_бюджет сумма_затрат сумма витрати витрачено "
                 "расход_с_ндс расход_без_ндс"},
    {FIELD_CURRENCY, "currency currency_code валюта account_currency"},
    {FIELD_CONVERSIONS, "conversions conv results purchases goals total_conversions leads result conversion конверсии "
                        "результаты результат достижения_целей достижение_целей целевые_действия цели покупки "
                        "actions joins вступления конверсії"},
    {FIELD_CONVERSION_VALUE,
     "conversion_value conversions_value conv_value total_conversion_value purchases_conversion_value purchase_value "
     "website_purchases_conversion_value revenue total_revenue доход выручка ценность_конверсий ценность_конверсии "
     "value дохід виручка"},
    {FIELD_UTM_CAMPAIGN, "utm_campaign"},
    {FIELD_UTM_CONTENT, "utm_content"},
    {FIELD_START_PARAM, "start_param startapp start_parameter"},
    {FIELD_AUDIENCE, "target_audience audience целевая_аудитория аудитория"},
    {FIELD_GOAL, "campaign_goal goal objective цель_кампании цель"},
    {FIELD_DURATION, "duration duration_days длительность продолжительность"},
    {FIELD_CONVERSION_RATE, "conversion_rate conv_rate cr cvr коэффициент_конверсии конверсия"},
    {FIELD_ACQUISITION_COST, "acquisition_cost cost_per_acquisition cpa cac cost_per_result cost_conv цена_конверсии "
                             "стоимость_привлечения цена_цели"},
    {FIELD_ROI, "roi romi"},
    {FIELD_LOCATION, "location city region локация город регион местоположение"},
    {FIELD_LANGUAGE, "language язык мова"},
    {FIELD_ENGAGEMENT, "engagement_score engagement вовлеченность"},
    {FIELD_SEGMENT, "customer_segment segment сегмент"},
    {FIELD_COMPANY, "company advertiser компания рекламодатель"},
};

const char *field_name(enum table_field field)
{
    return FIELDS[field].name;
}

const char *field_title(enum table_field field)
{
    return FIELDS[field].title;
}

enum field_type field_type_of(enum table_field field)
{
    return FIELDS[field].type;
}

const char *field_type_name(enum field_type type)
{
    static const char *const NAMES[] = {"text", "date", "count", "money", "decimal", "share", "days"};
    return NAMES[type];
}

bool field_find(Str name, enum table_field *out)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!str_eq(name, str_of(FIELDS[i].name))) continue;
        *out = (enum table_field)i;
        return true;
    }
    return false;
}

int field_of_heading(Str folded, enum table_field *out)
{
    for (size_t i = 0; i < COUNT_OF(HEADINGS) && folded.n; i++) {
        Str rest = str_of(HEADINGS[i].headings);
        for (int rank = 0; rest.n; rank++) {
            if (!str_eq(str_cut(&rest, ' '), folded)) continue;
            *out = HEADINGS[i].field;
            return rank;
        }
    }
    return -1;
}
