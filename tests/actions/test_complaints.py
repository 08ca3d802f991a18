"""A complaint becomes a case, whoever it comes from and however it is told."""

from __future__ import annotations

from sqlalchemy import select

from actions.complaints import ComplaintForm, OpenComplaint
from actions.orders import OrderStatus
from actions.session import Affirm
from rapport.store import Complaint


def cases(house):
    with house.store.read() as session:
        return [
            (one.number, one.category, one.order_number, one.description, one.contact_id, one.severity)
            for one in session.scalars(select(Complaint))
        ]


def begin(talk):
    talk.hear("I want to complain", "make_complaint").run(ComplaintForm())
    talk.loop = "complaint_form"
    return talk


def test_description_then_no_order(talk, house, said, item):
    begin(talk)
    assert talk.asked == "complaint_description"
    talk.hear("The towel has a hole in it", "make_complaint").run(ComplaintForm())
    assert talk.asked == "complaint_order"
    talk.hear("no", "deny").run(ComplaintForm())
    assert talk.asked is None
    messages = talk.run(OpenComplaint())
    assert said(messages) == ["utter_complaint_opened"]
    ((number, category, order, description, contact, severity),) = cases(house)
    card = item(messages, "complaint")
    assert (card["number"], card["category"]) == (number, category) == (number, "quality")
    assert messages[0]["number"] == number
    assert (order, description, contact, severity) == (None, "The towel has a hole in it", None, "normal")


def test_told_in_one_sentence(known, house):
    text = "My parcel MM100002 never arrived, I will call my lawyer"
    known.hear(text, "make_complaint", order_number="MM100002").run(ComplaintForm())
    assert known.asked is None
    known.run(OpenComplaint())
    ((_, category, order, description, contact, severity),) = cases(house)
    assert (category, order, description) == ("delivery", "MM100002", text)
    assert (contact, severity) == ("cus_anna", "high")


def test_the_same_message_again_is_the_same_case(talk, house, item):
    talk.slots |= {"complaint_description": "毛巾破了个洞", "complaint_order": "none"}
    first = item(talk.hear("没有", "deny", message_id="msg_x").run(OpenComplaint()), "complaint")
    talk.slots |= {"complaint_description": "毛巾破了个洞", "complaint_order": "none"}
    again = item(talk.hear("没有", "deny", message_id="msg_x").run(OpenComplaint()), "complaint")
    assert first == again
    assert len(cases(house)) == 1


def test_a_short_text_is_asked_again_once_and_then_taken(talk, said):
    begin(talk)
    assert said(talk.hear("bad", "nlu_fallback").run(ComplaintForm())) == ["utter_bad_complaint_description"]
    assert talk.asked == "complaint_description"
    talk.hear("bad!", "nlu_fallback").run(ComplaintForm())
    assert talk.slots["complaint_description"] == "bad!"


def test_what_is_no_number_becomes_part_of_the_story(talk, said):
    begin(talk).hear("The towel has a hole in it", "make_complaint").run(ComplaintForm())
    first = talk.hear("the blue one", "nlu_fallback").run(ComplaintForm())
    assert said(first) == ["utter_bad_complaint_order"]
    assert first[0]["example"] == "MM123456"
    talk.hear("from spring", "nlu_fallback").run(ComplaintForm())
    assert talk.asked is None
    assert talk.slots["complaint_order"] == "none"
    assert talk.slots["complaint_description"] == "The towel has a hole in it\nfrom spring"


def test_yes_to_a_case_about_a_late_order_needs_no_number(known_zh):
    known_zh.hear("我的订单到哪了", "order_status").run(OrderStatus())
    assert known_zh.hear("好的", "affirm").run(Affirm()) == []
    assert known_zh.returned[0]["name"] == "complaint_form"
    known_zh.run(ComplaintForm())
    assert known_zh.slots["complaint_order"] == "MM200001"
    assert known_zh.asked == "complaint_description"


def test_a_long_story_that_ends_with_a_question_is_a_story(talk):
    story = (
        "收到的时候包装都破了，被套上还有一大块污渍，洗了好几次都洗不掉，"
        "发邮件也没有人回复，已经两个星期了，请问怎么处理？"
    )
    talk.hear(story, "make_complaint").run(ComplaintForm())
    assert talk.slots["complaint_description"] == story
    assert talk.asked == "complaint_order"


def test_where_is_my_order_is_no_description(talk):
    talk.hear("I want to complain", "make_complaint").run(ComplaintForm())
    talk.hear("where is my order?", "order_status").run(ComplaintForm())
    assert talk.slots.get("complaint_description") is None
    talk.hear("my parcel never came", "order_status").run(ComplaintForm())
    assert talk.slots["complaint_description"] == "my parcel never came"


def test_no_idea_which_order_is_no_order(talk):
    talk.hear("the towel has a hole", "make_complaint").run(ComplaintForm())
    talk.hear("no idea", "cannot_give").run(ComplaintForm())
    assert talk.slots["complaint_order"] == "none"
