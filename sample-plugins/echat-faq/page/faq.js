// 问答库。keys 里一项有多个词时要同时出现；图片是本目录下的文件。
var FAQ = [
  { id: "hours", title: "营业时间", keys: ["几点", "营业时间", "上班", "开门"], text: "我们每天 9:00-21:00 在线。\n节假日不休息。" },
  { id: "freight", title: "运费", keys: ["运费", "包邮", "邮费"], text: "满 99 元包邮；不满 99 元收 8 元运费。\n偏远地区请看 https://shop.example.com/help/freight" },
  { id: "return", title: "退换货", keys: ["退货", "换货", "退换", "退款"], text: "签收后 7 天内可以退换，请先<a href=\"https://shop.example.com/help/return\">申请售后</a>，再按下图的地址寄回。", image: "images/return-address.png" },
  { id: "size", title: "尺码表", keys: ["尺码", "尺寸", "多大", "身高 体重"], text: "尺码请看下图，拿不准时告诉我们身高和体重。", image: "images/size-chart.png" },
  { id: "invoice", title: "发票", keys: ["发票", "报销"], text: "确认收货后在「我的订单」里申请电子发票，24 小时内发到您的邮箱。" },
  { id: "where", title: "门店地址", keys: ["地址", "门店", "在哪"], text: "西湖店：杭州市西湖区北山街 1 号\n湖滨店：杭州市上城区湖滨路 2 号" }
];
