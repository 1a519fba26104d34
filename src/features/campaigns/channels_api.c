#include "ads/channels.h"

#include "features/campaigns/campaigns_int.h"

static void put_channel(struct json_out *out, const struct channel *channel)
{
    json_open(out, '{');
    json_kv_str(out, "name", channel->name);
    json_kv_str(out, "platform", channel->platform);
    json_kv_i64(out, "campaigns", channel->campaigns);
    json_close(out, '}');
}

bool channel_list_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct channel *channels;
    struct json_out out = json_to(&reply->body);
    size_t n;

    if (!channels_list(request->db, &request->arena, &channels, &n, err)) return false;
    json_open(&out, '{');
    json_key(&out, "channels");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) put_channel(&out, &channels[i]);
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

static bool set_platform(struct request *request, struct db *db, void *what, struct err *err)
{
    const struct channel *channel = what;

    return channel_set_platform(db, request->param[0], channel->platform, err);
}

bool channel_put(struct request *request, struct reply *reply, struct err *err)
{
    static const struct field FIELDS[] = {
        {"platform", FIELD_TEXT, offsetof(struct channel, platform), CHANNEL_PLATFORM_MAX, 0}};
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct channel channel = {0};

    if (!json || !body_read(json, FIELDS, COUNT_OF(FIELDS), 0, &channel, err)) return false;
    if (!json_get(json, "platform"))
        return err_set_field(err, "platform", "name the platform that the channel stands for, or \"\" for none");
    return change_stored(request, set_platform, &channel, err) && channel_list_get(request, reply, err);
}
