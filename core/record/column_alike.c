#include "core/record/column_alike.h"

#include "core/base/text.h"

#define KEY_MAX 48
#define NAME_COLUMNS 60 /* of a name that is shown */

/* Names that shop systems and spreadsheets have for our columns, as keys: letters and digits. Of
   two in one file the one that stands first here is meant. */
static const char *const other_names[COLUMN_COUNT] = {
    [COLUMN_VENDOR_PRODUCT_ID] =
        " productid itemid itemnumber itemno articlenumber articleno artikelnummer artikelnr "
        "productcode productnumber productno vendorid vendorproductcode vendorproductno "
        "vendorproductnumber supplierid suppliercode externalid itemcode reference handle "
        "produktid produktnummer numeroarticle referencia id ",
    [COLUMN_PRODUCT_NAME] =
        " name title product producttitle itemname articlename produktname produktbezeichnung "
        "bezeichnung artikelname artikel nom nomproduit nombre titel titre productlabel ",
    [COLUMN_CATEGORY] = " categories categoryname productcategory producttype type kategorie "
                        "categorie categoria maincategory warengruppe department ",
    [COLUMN_SUBCATEGORY] = " subcategories subcategoryname subcat unterkategorie childcategory "
                           "souscategorie ",
    [COLUMN_DESCRIPTION] =
        " desc descr productdescription longdescription shortdescription body bodyhtml details "
        "beschreibung produktbeschreibung descripcion text ",
    [COLUMN_SKU] = " skucode skunumber skuno skuid itemsku variantsku productsku articlesku "
                   "stockkeepingunit ean gtin upc barcode ",
    [COLUMN_BRAND] = " brandname manufacturer vendor make marke hersteller marque marca "
                     "fabricant maker ",
    [COLUMN_PRICE] =
        " regularprice unitprice sellingprice variantprice retailprice "
        "grossprice netprice priceusd priceeur pricegbp usd eur preis verkaufspreis prix precio "
        "currentprice listprice saleprice amount cost ",
    [COLUMN_COMPARE_AT_PRICE] =
        " compareprice comparedprice compareat msrp rrp uvp oldprice originalprice wasprice "
        "variantcompareatprice formerprice strikeprice ",
    [COLUMN_STOCK_QUANTITY] =
        " stock qty quantity inventory inventoryquantity inventoryqty stockqty stocklevel onhand "
        "available availability bestand lagerbestand menge anzahl quantite cantidad instock "
        "variantinventoryqty quantityinstock amountinstock ",
    [COLUMN_UNIT] = " units uom unitofmeasure einheit mengeneinheit unite unidad sellingunit ",
    [COLUMN_WEIGHT_KG] = " weight weightkgs weightg weightlbs kg gewicht poids peso mass "
                         "productweight netweight grossweight shippingweight variantweight "
                         "gewichtkg ",
    [COLUMN_DIMENSIONS_CM] = " dimensions dimension dims size sizes measurements masse "
                             "abmessungen mae dimensionsmm packagedimensions ",
    [COLUMN_IMAGE_URL] =
        " image images imageurls imagelink imagesrc imagefile img imgurl picture pictures "
        "pictureurl photo photos photourl bild bilder bildurl mainimage mainimageurl url "
        "imageaddress thumbnail ",
};

/* Letters and digits of the name in lower case, nothing else. */
static size_t key_make(const char *name, size_t len, char key[KEY_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < len && used + 1 < KEY_MAX; i++) {
        char c = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + ('a' - 'A')) : name[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            key[used++] = c;
    }
    key[used] = '\0';
    return used;
}

#define UNLIKENESS_GUESSED 10000u

/* The place of the key in the list, or -1. */
static int place_of(const char *list, const char *key)
{
    char wanted[KEY_MAX + 2];
    snprintf(wanted, sizeof wanted, " %s ", key);
    const char *found = strstr(list, wanted);
    return found ? (int)(found - list) : -1;
}

static enum product_column key_find(const char *key, unsigned *unlikeness)
{
    char own[KEY_MAX];
    if (!*key)
        return COLUMN_NONE;
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        key_make(column_table[i].name, column_table[i].name_len, own);
        *unlikeness = 0;
        if (!strcmp(own, key))
            return i;
    }
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        int place = place_of(other_names[i], key);
        *unlikeness = (unsigned)place + 1;
        if (place >= 0)
            return i;
    }
    *unlikeness = UNLIKENESS_GUESSED;
    return COLUMN_NONE;
}

/* Mistyped, or with words before or behind it. */
static enum product_column key_guess(const char *key, size_t len)
{
    enum product_column best = COLUMN_NONE;
    size_t longest = 0;
    char own[KEY_MAX];
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        size_t own_len = key_make(column_table[i].name, column_table[i].name_len, own);
        size_t gap = own_len > len ? own_len - len : len - own_len;
        size_t allowed = own_len >= 8 ? 2 : own_len >= 5 ? 1 : 0;
        if (gap <= allowed && text_edit_distance(key, len, own, own_len, false) <= allowed)
            return i;
        if (own_len >= 5 && own_len > longest && strstr(key, own)) {
            longest = own_len;
            best = i;
        }
    }
    return best;
}

enum product_column column_alike(const char *name, size_t len, unsigned *unlikeness)
{
    char key[KEY_MAX];
    unsigned unused = 0;
    unlikeness = unlikeness ? unlikeness : &unused;
    *unlikeness = UNLIKENESS_GUESSED;
    value_trim(&name, &len);
    if (len > (size_t)4 * KEY_MAX)
        return COLUMN_NONE;
    size_t key_len = key_make(name, len, key);
    enum product_column column = key_find(key, unlikeness);
    const char *bracket = memchr(name, '(', len);
    if (!bracket)
        bracket = memchr(name, '[', len);
    if (column == COLUMN_NONE && bracket && bracket > name) {
        char before[KEY_MAX];
        size_t before_len = key_make(name, (size_t)(bracket - name), before);
        column = key_find(before, unlikeness);
        if (column == COLUMN_NONE)
            column = key_guess(before, before_len);
    }
    if (column == COLUMN_NONE && key_len > 3 && key[key_len - 1] == 's') {
        key[key_len - 1] = '\0';
        column = key_find(key, unlikeness);
        key[key_len - 1] = 's';
    }
    return column == COLUMN_NONE ? key_guess(key, key_len) : column;
}

enum product_column column_alikes_note(struct column_alikes *alikes, const char *name, size_t len)
{
    unsigned unlikeness;
    enum product_column column = column_alike(name, len, &unlikeness);
    if (column == COLUMN_NONE ||
        (alikes->name[column][0] && alikes->unlikeness[column] <= unlikeness))
        return column;
    struct buffer shown;
    value_trim(&name, &len);
    buffer_init(&shown, COLUMN_ALIKE_SIZE * 4);
    text_append_visible_cut(&shown, name, utf8_prefix(name, len, NAME_COLUMNS + 1), NAME_COLUMNS);
    if (shown.len < COLUMN_ALIKE_SIZE) {
        memcpy(alikes->name[column], shown.data, shown.len + 1);
        alikes->unlikeness[column] = unlikeness;
    }
    buffer_release(&shown);
    return column;
}

bool column_alikes_append(struct buffer *out, const struct column_alikes *alikes, uint32_t known,
                          size_t most)
{
    bool any = false;
    size_t start = out->len;
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        const char *name = alikes->name[i];
        if (!column_table[i].required || known >> i & 1 || !*name ||
            out->len - start + strlen(name) + column_table[i].name_len + 16 > most)
            continue;
        buffer_format(out, "%s\"%s\" to %s", any ? ", " : "rename ", name, column_table[i].name);
        any = true;
    }
    return any;
}
